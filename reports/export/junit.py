"""JUnit's XML, as CI systems read it: a suite a run, a test case an expectation.

Two more cases of every run say whether it was carried out to its end and whether it may be believed, so that a run
that broke off before its first expectation is no green one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as xml

from reports import words
from reports.export.history import moment, series_name
from reports.numbers import quantity
from testbed.results import Metric, Run, Verdict

_UNPRINTABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets"""


def render(runs: Sequence[Run]) -> str:
    """One document of all ``runs``."""
    root = xml.Element("testsuites")
    for run in runs:
        root.append(_suite(run))
    xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + xml.tostring(root, encoding="unicode") + "\n"


def _suite(run: Run) -> xml.Element:
    cases = list(_cases(run))
    suite = xml.Element(
        "testsuite",
        name=_text(".".join(filter(None, (run.scenario, run.profile)))),
        tests=str(len(cases)),
        failures=_count(cases, "failure"),
        errors=_count(cases, "error"),
        skipped=_count(cases, "skipped"),
        time=f"{run.duration_s:.3f}",
        timestamp=datetime.fromtimestamp(moment(run), UTC).strftime("%Y-%m-%dT%H:%M:%S"),
    )
    properties = xml.SubElement(suite, "properties")
    for name, value in _properties(run):
        xml.SubElement(properties, "property", name=name, value=_text(value))
    suite.extend(cases)
    told = "\n".join((words.answer(run), *run.warnings))
    xml.SubElement(suite, "system-out").text = _text(told)
    return suite


def _properties(run: Run) -> Iterator[tuple[str, str]]:
    yield "run", run.id
    yield "seed", str(run.seed)
    for release in run.releases:
        yield f"release.{release.name}", f"OVN {release.ovn}, OVS {release.ovs}"
    for name in ("branch", "commit", "pull_request", "environment", "tool_version"):
        if value := getattr(run.stamps, name):
            yield name, value


def _cases(run: Run) -> Iterator[xml.Element]:
    ended = _case(run, "the run is complete")
    if run.status != "complete":
        xml.SubElement(ended, "error", message=_text(words.status(run)), type=run.status)
    yield ended
    believed = _case(run, "the run may be believed")
    verdict = run.validity.verdict
    reasons = _text("; ".join(run.validity.reasons))
    if verdict == "invalid":
        xml.SubElement(believed, "error", message=reasons, type=verdict)
    elif verdict != "valid":
        xml.SubElement(believed, "skipped", message=f"{verdict}: {reasons}")
    yield believed
    for entry in run.expectations:
        yield _expectation(run, entry)


def _expectation(run: Run, entry: Verdict) -> xml.Element:
    case = _case(run, entry.expectation)
    if entry.outcome == "failed":
        unit = Metric(name=entry.metric, value=entry.value).unit
        found = f"{series_name(entry.metric, entry.labels)}: found {quantity(entry.value, unit)}"
        failure = xml.SubElement(case, "failure", message=_text(found), type=entry.outcome)
        failure.text = _text(f"{found}, expected {entry.expectation}\n{entry.why}")
    elif entry.outcome == "not measured":
        xml.SubElement(case, "error", message="not measured", type=entry.outcome)
    return case


def _case(run: Run, name: str) -> xml.Element:
    place = ".".join(filter(None, ("testbed", run.scenario, run.profile)))
    return xml.Element("testcase", classname=_text(place), name=_text(name), time="0")


def _count(cases: Sequence[xml.Element], result: str) -> str:
    return str(sum(case.find(result) is not None for case in cases))


def _text(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
