"""The sentences of a comparison, once for all its forms: what came of it before what it rests on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.comparison import Comparison, CounterChange

JUDGED = (
    "A figure is the geometric mean over its clusters, a ratio the newer one over the older one. The headline figures "
    "are judged together, so that equal builds raise an alarm in at most {level:.0%} of comparisons: a verdict takes "
    "more than an interval that leaves out 1, and a change of at least {least:.0%}. “Shows from” is the smallest "
    "change that these samples show with a chance of 80 %, “needs” how many clusters a side settle the change that was "
    "seen (or {least:.0%}, if that is more)."
)
ONE = (
    "Only one cluster was built of a side, and the next may differ by more than an interval of this run alone: times "
    "give no verdict, counters do. --repeat 3 or more builds several."
)


def title(comparison: Comparison) -> str:
    """Which two sides, the newer one first."""
    runs = ("", "") if comparison.baseline == comparison.run else (comparison.baseline, comparison.run)
    before, after = map(_side, runs, comparison.releases, comparison.versions)
    return f"{after} against {before}"


def _side(run: str, release: str, version: str) -> str:
    first, *others = filter(None, (run, release, f"OVN {version}" if version else ""))
    return f"{first} ({', '.join(others)})" if others else first


def headline(comparison: Comparison) -> str:
    """What came of it in two sentences: the times, the work a change."""
    return " ".join(filter(None, (_times(comparison), _work(comparison))))


def _times(comparison: Comparison) -> str:
    found = Counter(entry.verdict for entry in comparison.metrics)
    better = f"{found['better']} better" if found["better"] else ""
    lost = f"{found['lost']} no longer measured" if found["lost"] else ""
    worse = f"{found['worse']} of {comparison.judged} figures became worse" if found["worse"] else ""
    if worse or lost:
        return ", ".join(filter(None, (worse, better, lost))) + "."
    if comparison.judged:
        aside = f"{comparison.judged} figures judged" + (f", {better}" if better else "")
        return f"Nothing became worse beyond noise ({aside})."
    return (
        "No verdict on times: one cluster a side." if found["within-run only"] else "No time could be judged."
    )


def _work(comparison: Comparison) -> str:
    if not comparison.counters:
        return ""
    among = f"{len(comparison.counters)} counters"
    found: dict[str, Counter[str]] = {}
    for entry in comparison.counters:
        kind = entry.name.removesuffix("_per_change").replace("_", " ")
        found.setdefault(word_of(entry, comparison), Counter())[kind] += 1
    told = [
        f"{word} in {', '.join(f'{kind} ({count})' for kind, count in found[word].items())}"
        for word in ("worse", "more", "better", "less")
        if word in found
    ]
    return (
        f"Work a change: {'; '.join(told)}; of {among}."
        if told
        else f"Work a change: no difference in {among}."
    )


def word_of(entry: CounterChange, comparison: Comparison) -> str:
    """A counter's verdict; empty if it does not differ.

    Different versions of OVN do different work by design: their difference is called ``more`` or ``less``.
    """
    if entry.verdict in ("equal", "varies") or entry.before is None or entry.after is None:
        return ""
    if comparison.versions[0] == comparison.versions[1]:
        return entry.verdict
    return "more" if entry.after > entry.before else "less"


def notes(comparison: Comparison) -> tuple[str, ...]:
    """What must be known to read it."""
    found = [f"In spite of a difference: {entry}." for entry in comparison.obstacles]
    if comparison.judged:
        found.append(JUDGED.format(level=comparison.level, least=comparison.least))
    elif any(entry.verdict == "within-run only" for entry in comparison.metrics):
        found.append(ONE)
    return tuple(found)
