import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from reports import figures_html, render_html, words
from testbed.results import Run, RunDirectory, RunWriter, Validity


class Outline(HTMLParser):
    """What a page loads, the ids that it defines, and its words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "srcset", "data", "action"):
                self.loaded.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_data(self, data: str) -> None:
        self.words += data


def page_of(run: Run, runs: Path) -> str:
    writer = RunWriter.create(runs, run.scenario)
    writer.finish(run)
    return render_html(writer)


def test_the_page_opens_offline(invented: RunDirectory) -> None:
    page = render_html(invented)
    outline = Outline(page)
    assert all(target.startswith("#") for target in outline.loaded)
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert not {"script", "link", "iframe", "img"} & set(outline.tags)


def test_the_page_is_small(invented: RunDirectory) -> None:
    assert len(render_html(invented)) < 150_000


def test_no_id_is_given_twice(invented: RunDirectory) -> None:
    ids = Outline(render_html(invented)).ids
    assert len(ids) == len(set(ids))


def test_the_page_answers_first_and_then_says_everything_that_the_run_knows(invented: RunDirectory) -> None:
    run = invented.run()
    said = Outline(render_html(invented)).words
    assert said.index(run.answer) < said.index("The figures")
    for metric in run.metrics:
        assert metric.name in said
    for counter in run.counters:
        assert all(str(value) in said for value in counter.labels.values())
    for figure in run.figures:
        assert figure.title in said
    for release in run.releases:
        assert release.ovn in said
        assert all(defect in said for defect in release.defects)
        assert all(digest in said for digest in release.binaries.values())
    for verdict in run.expectations:
        assert verdict.expectation in said
        assert verdict.why in said
    expected = [*run.method, *run.validity.reasons, run.id, run.host.cpu, words.NOT, words.STATISTICS]
    assert [text for text in expected if text not in said] == []


def test_failures_stand_beside_the_figures(invented: RunDirectory) -> None:
    assert "2 of 24 failed" in Outline(render_html(invented)).words


def test_processor_time_is_said_to_carry_over(invented: RunDirectory) -> None:
    said = Outline(render_html(invented)).words
    assert words.CARRIES_OVER in said
    assert "ovn-controller" in said


def test_what_a_run_says_is_text_never_markup(tmp_path: Path) -> None:
    hostile = "<script>alert(1)</script>"
    run = Run(id="x", scenario="s", title=hostile, answer=hostile, reason=hostile, status="failed",
              params={hostile: hostile}, validity=Validity(verdict="suspect", reasons=(hostile,)))  # fmt: skip
    page = page_of(run, tmp_path)
    assert "<script" not in page
    assert Outline(page).words.count(hostile) >= 5


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("failed", "Failed: northd died"),
        ("interrupted", "Interrupted: northd died"),
        ("timed-out", "Timed out: northd died"),
        ("running", "No end was recorded"),
    ],
)
def test_a_run_that_is_not_complete_says_so_and_why(tmp_path: Path, status: str, said: str) -> None:
    run = msgspec.convert({"id": "x", "scenario": "s", "status": status, "reason": "northd died"}, Run)
    assert f"This run is not complete. {said}" in Outline(page_of(run, tmp_path)).words


def test_an_invalid_run_warns_before_its_figures(tmp_path: Path, invented: RunDirectory) -> None:
    invalid = Validity(verdict="invalid", reasons=("the clock jumped by 3 s",))
    said = Outline(page_of(msgspec.structs.replace(invented.run(), validity=invalid), tmp_path)).words
    assert (
        said.index("Do not believe these figures.")
        < said.index("the clock jumped")
        < said.index("The figures")
    )


def test_a_run_that_measured_nothing_has_a_page(tmp_path: Path) -> None:
    said = Outline(page_of(Run(id="x", scenario="s", status="failed"), tmp_path)).words
    assert "Nothing was measured." in said
    assert words.NOT in said


def test_a_killed_run_has_a_page(tmp_path: Path) -> None:
    writer = RunWriter.create(tmp_path, "s")
    writer.write(Run(id=writer.id, scenario="s"))
    assert words.NO_END in Outline(render_html(RunDirectory(writer.path))).words


def test_figures_alone_bring_the_colours_that_they_use(invented: RunDirectory) -> None:
    drawn = figures_html(invented.run())
    used = set(re.findall(r"var\((--[\w-]+)\)", drawn))
    assert used
    assert used <= set(re.findall(r"(--[\w-]+): #", drawn))
