import re
from xml.etree import ElementTree

import pytest

from reports.drawing import Drawing, Palette, draw
from reports.references import REFERENCES, about
from testbed.results import (
    Bar,
    Bars,
    BarSeries,
    Ecdf,
    EcdfSeries,
    Figure,
    Growth,
    GrowthPoint,
    GrowthSeries,
    Heatmap,
    PowerLaw,
    Stack,
    StackBar,
    StackPart,
)

ECDF = Ecdf(
    title="distribution",
    x_label="until ready",
    unit="ms",
    series=(EcdfSeries(name="full", values=(300.0, 310.0, 290.0), failed=1),),
)
GROWTH = Growth(
    title="growth",
    x_label="pods",
    y_label="until ready",
    unit="ms",
    series=(
        GrowthSeries(
            name="full",
            points=(GrowthPoint(x=500, y=20, low=18, high=25, n=9), GrowthPoint(x=1000, y=41, n=9)),
            fit=PowerLaw(factor=0.04, exponent=1.04, ci95=(0.9, 1.2)),
        ),
    ),
)
STACK = Stack(
    title="stages",
    x_label="until ready",
    unit="ms",
    bars=(
        StackBar(
            name="full", parts=(StackPart(name="northd", value=30.0), StackPart(name="flows", value=270.0))
        ),
    ),
)
HEATMAP = Heatmap(
    title="heat",
    x_label="pods",
    y_label="nodes",
    columns=("500", "1000"),
    rows=("3",),
    values=((20.0, None),),
    unit="ms",
)
BARS = Bars(
    title="bars",
    x_label="outage",
    unit="s",
    series=(BarSeries(name="full", bars=(Bar(name="northd killed", value=4.7, ci95=(4.1, 6.0)),)),),
)
EVERY = (ECDF, GROWTH, STACK, HEATMAP, BARS)


def test_every_type_of_figure_that_a_run_may_hold_is_tried_here() -> None:
    assert {type(figure) for figure in EVERY} == set(Figure.__args__)


@pytest.mark.parametrize("figure", EVERY, ids=lambda figure: figure.title)
class TestEachType:
    def test_it_is_an_svg_element_that_tells_itself_in_words(self, figure: Figure) -> None:
        drawing = draw(figure, Palette())
        (svg,) = parsed(drawing)
        assert svg.tag == "svg"
        assert svg.attrib["aria-label"] == drawing.alt
        assert drawing.alt.startswith(figure.title)

    def test_its_colours_are_the_page_s(self, figure: Figure) -> None:
        drawing = draw(figure, Palette())
        assert "var(--ink)" in drawing.svg
        assert not re.search(r"#010[1-3][0-9a-f]{2}", drawing.svg)

    def test_its_unit_is_on_its_axis_or_in_its_bars(self, figure: Figure) -> None:
        assert any(figure.unit in text for text in texts(draw(figure, Palette())))

    def test_it_has_its_numbers_as_a_table(self, figure: Figure) -> None:
        drawing = draw(figure, Palette())
        assert drawing.rows
        assert {len(row) for row in drawing.rows} == {len(drawing.header)}

    def test_it_is_drawn_the_same_each_time(self, figure: Figure) -> None:
        assert draw(figure, Palette()) == draw(figure, Palette())


@pytest.mark.parametrize(
    "figure",
    [
        Ecdf(title="t", x_label="x", unit="ms", series=(EcdfSeries(name="full", values=(), failed=3),)),
        Growth(
            title="t", x_label="x", y_label="y", unit="ms", series=(GrowthSeries(name="full", points=()),)
        ),
        Stack(title="t", x_label="x", unit="ms", bars=()),
        Heatmap(
            title="t", x_label="x", y_label="y", columns=("a",), rows=("b",), values=((None,),), unit="ms"
        ),
        Bars(title="t", x_label="x", unit="ms", series=()),
    ],
    ids=lambda figure: type(figure).__name__,
)
def test_where_nothing_was_measured_no_empty_axes_are_drawn(figure: Figure) -> None:
    assert draw(figure, Palette()).svg == ""


def test_failed_attempts_are_told_beside_the_curve() -> None:
    assert any("4 attempts, 1 failed" in text for text in texts(draw(ECDF, Palette())))


def test_a_mode_in_which_every_attempt_failed_is_told_beside_the_curves_of_the_others() -> None:
    lost = EcdfSeries(name="incremental", values=(), failed=3)
    figure = Ecdf(title="t", x_label="x", unit="ms", series=(*ECDF.series, lost))
    assert any("none of 3 attempts" in text for text in texts(draw(figure, Palette())))


def test_the_exponent_of_growth_is_told_with_its_interval() -> None:
    assert any("power 1.04 (95 %: 0.90 to 1.20)" in text for text in texts(draw(GROWTH, Palette())))


def test_values_that_no_logarithm_takes_are_drawn_on_a_plain_axis() -> None:
    figure = Ecdf(title="t", x_label="x", unit="ms", series=(EcdfSeries(name="full", values=(0.0, 2.0)),))
    assert "0.00" in texts(draw(figure, Palette()))


def test_a_name_keeps_its_colour_in_every_plot() -> None:
    palette = Palette()
    assert palette.colour("full") != palette.colour("incremental")
    assert palette.colour("full") == palette.colour("full")
    assert palette.part("northd") != palette.part("flows")


def test_labels_from_a_run_are_text_never_markup_or_mathematics() -> None:
    name = '<script>alert("x")</script> $\\frac{a}{b}$'
    figure = Ecdf(title=name, x_label=name, unit="ms", series=(EcdfSeries(name=name, values=(1.0, 2.0)),))
    drawing = draw(figure, Palette())
    assert "<script" not in drawing.svg
    assert any(name in text for text in texts(drawing))


def test_others_figures_are_drawn_only_where_a_figure_asks_for_their_topic() -> None:
    asking = Ecdf(title="t", x_label="x", unit="ms", series=ECDF.series, references="change-to-all-nodes")
    labels = {entry.label for entry in about("change-to-all-nodes", "ms")}
    assert labels
    assert labels <= set(texts(draw(asking, Palette())))
    assert not labels & set(texts(draw(ECDF, Palette())))


def test_others_figures_are_of_the_figure_s_own_unit() -> None:
    assert about("change-to-all-nodes", "s") == ()
    assert about("", "ms") == ()


@pytest.mark.parametrize("entry", REFERENCES, ids=lambda entry: entry.label)
def test_a_published_figure_says_whose_it_is_and_of_what(entry) -> None:  # type: ignore[no-untyped-def]
    assert entry.source
    assert entry.what
    assert about(entry.topic, entry.unit)


def parsed(drawing: Drawing) -> ElementTree.Element:
    text = f"<div xmlns:xlink='http://www.w3.org/1999/xlink'>{drawing.svg}</div>"
    return ElementTree.fromstring(text)  # noqa: S314


def texts(drawing: Drawing) -> list[str]:
    return ["".join(entry.itertext()).strip() for entry in parsed(drawing).iter("text")]
