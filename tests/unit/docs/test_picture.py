from xml.etree import ElementTree as xml

from docs.picture import TARGET, picture
from reports.page import plots
from testbed.results import RunDirectory
from tests.unit.reports.conftest import invented

__all__ = ["invented"]
SVG = "{http://www.w3.org/2000/svg}"


def test_the_picture_stands_alone_and_names_its_run(invented: RunDirectory) -> None:
    text = picture(invented.run())
    root = xml.fromstring(text)  # noqa: S314
    assert "var(--" not in text
    assert invented.run().id in text
    assert "validity: suspect" in text
    shown = [plot.figure.title for plot in plots(invented.run())][:2]
    assert all(title in text for title in shown)
    inner = root.findall(f"{SVG}svg")
    ends = [(float(plot.attrib["y"]), float(plot.attrib["height"])) for plot in inner]
    assert len(ends) == 2
    assert ends[0][0] + ends[0][1] < ends[1][0]


def test_the_picture_in_the_repository_is_of_a_run_that_may_be_believed() -> None:
    assert "validity: valid" in TARGET.read_text()
