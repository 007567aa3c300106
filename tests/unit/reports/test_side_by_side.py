"""A run of several releases says whose each figure is, and compares them in all its forms."""

from pathlib import Path

import pytest

from reports import render_html, render_markdown, tables
from testbed.results import (
    Counter,
    Metric,
    ReleaseUnderTest,
    Run,
    RunDirectory,
    RunWriter,
    Sample,
    Source,
    text_of_labels,
)
from testbed.results.records import Label

RELEASES = {"system": 90.0, "suite:sid": 50.0}


@pytest.fixture
def two(tmp_path: Path) -> RunDirectory:
    """One cluster of each of two releases."""
    writer = RunWriter.create(tmp_path, "incremental")
    metrics, counters = [], []
    for instance, (name, time) in enumerate(RELEASES.items(), 1):
        labels: dict[str, Label] = {"release": name}
        source = Source(metric="a_ms", mode="incremental", labels=labels)
        metrics.append(
            Metric(name="a_p50_ms", value=time, n=5, labels=labels, better="lower", sources=(source,))
        )
        metrics.append(Metric(name="b_ms", value=time, labels={**labels, "pods": 5}))
        rows = 9.0 + instance
        counters += [
            Counter(name="rows_per_change", value=rows, labels={**labels, "mode": mode}, better="lower")
            for mode in ("full", "incremental")
        ]
        writer.sample_log.extend(
            Sample(
                metric="a_ms",
                value=time + trial - 2,
                instance=instance,
                trial=trial,
                mode="incremental",
                labels=text_of_labels(labels),
            )
            for trial in range(5)
        )
    first = Metric(name="a_p50_ms", value=RELEASES["system"])
    writer.finish(
        Run(
            id=writer.id,
            scenario="incremental",
            status="complete",
            answer="system: 90 ms.\nsuite:sid: 50 ms.",
            metrics=(first, *metrics),
            counters=tuple(counters),
            releases=(
                ReleaseUnderTest(name="system", ovn="23.03.1", instances=(1,)),
                ReleaseUnderTest(name="suite:sid", ovn="26.03.1", instances=(2,)),
            ),
        )
    )
    return RunDirectory(writer.path)


def test_page_and_markdown_hold_the_comparison(two: RunDirectory) -> None:
    for text in (render_html(two), render_markdown([two])):
        assert "suite:sid (OVN 26.03.1) against system (OVN 23.03.1)" in text
        assert (
            "No verdict on times: one cluster a side. Work a change: more in rows (2); of 2 counters." in text
        )
        assert "0.556 times" in text
        assert "10 → 11" in text
        assert "--repeat 3" in text


def test_each_release_has_its_answer_and_the_headlines_say_whose_they_are(two: RunDirectory) -> None:
    page = render_html(two)
    assert page.count('<p class="answer">') == len(RELEASES)
    assert "The figures of system" in page
    assert tables.headlines(two.run()).title == "Headline figures of system"


def test_tables_of_releases_name_what_goes_down_and_keep_the_order_of_the_run(two: RunDirectory) -> None:
    run = two.run()
    assert [table.title for table in tables.ladders(run)] == ["By release", "By release and pods"]
    (counted,) = tables.counters(run)
    assert counted.header[1:] == (
        "system, full",
        "system, incremental",
        "suite:sid, full",
        "suite:sid, incremental",
    )
