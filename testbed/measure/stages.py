"""Where the time of a change went: intervals between the ends on the longest path, never negative.

Each end has causes, and the interval that counts is the one from the cause that came last. Going back that way from
the end in question to the moment of acceptance gives intervals that add up to the whole. What lies around an end that
was not seen belongs to no stage: it is `unattributed`.

A cause cannot come after its effect, yet it may be *seen* after it: a database tells its clients one after the other,
and ovn-controller may hear of a row before the meter does. The later observation is then an upper bound of the earlier
moment, and the cause is taken to be no later than its effect.
"""

from collections.abc import Mapping
from typing import NamedTuple

from testbed.measure.ends import Change, Ends

ACCEPTED = "accepted"
UNATTRIBUTED = "unattributed"


class _Cause(NamedTuple):
    """The ends that an end needs; `any_suffices` when one of them is enough (the last that came before it counts)."""

    ends: tuple[str, ...]
    any_suffices: bool = False


_CAUSES: Mapping[Change, Mapping[str, _Cause]] = {
    "added": {
        "nb": _Cause((ACCEPTED,)),
        "sb": _Cause(("nb",)),
        "allocated": _Cause(("nb",)),
        "plugged": _Cause(("allocated",)),
        "claimed": _Cause(("sb", "plugged")),
        "lookup": _Cause(("sb",)),
        "output": _Cause(("claimed",)),
        "installed": _Cause(("claimed",)),
        "up": _Cause(("claimed",)),
        "ready": _Cause(("installed",)),
    },
    "deleted": {
        "nb": _Cause((ACCEPTED,)),
        "sb": _Cause(("nb",)),
        "plugged": _Cause((ACCEPTED,)),
        "lookup": _Cause(("sb",)),
        "output": _Cause(("sb", "plugged"), any_suffices=True),
    },
}
"""`lookup` and `output` are the flows of the node that came last; the one of them that came last is `all_nodes`."""


def stages(ends: Ends, target: str, *, accepted_ns: int, **others: int | None) -> dict[str, int] | None:
    """The stages up to `target` ("all_nodes", "ready", "installed", ...) in ns, by names such as `nb_to_sb`.

    They and `unattributed` add up to the time from `accepted_ns` to the target. `others` are moments that the meter
    cannot see (`allocated`, `ready`). None when the target itself was not seen.
    """
    moments: dict[str, int | None] = {**_seen(ends), **others, ACCEPTED: accepted_ns}
    at = moments.get(target)
    if at is None:
        return None
    end = _last_flow(moments) if target == "all_nodes" else target
    found: dict[str, int] = {}
    name, whole = target, max(0, at - accepted_ns)
    now = max(at, accepted_ns)
    while end != ACCEPTED:
        cause, before = _latest_cause(_CAUSES[ends.change][end], moments, now)
        if before is None:
            break
        before = max(before, accepted_ns)
        found[f"{cause}_to_{name}"] = now - before
        end = name = cause
        now = before
    named = dict(reversed(found.items()))
    return {**named, UNATTRIBUTED: whole - sum(named.values())}


def _latest_cause(cause: _Cause, moments: Mapping[str, int | None], now: int) -> tuple[str, int | None]:
    """The cause that counts and its moment, no later than `now`; None as the moment when a cause was not seen."""
    seen = {end: moment for end in cause.ends if (moment := moments.get(end)) is not None}
    if cause.any_suffices:
        earlier = {end: moment for end, moment in seen.items() if moment <= now}
        if not earlier and seen:
            return min(seen, key=lambda end: seen[end]), now
        seen = earlier
    if len(seen) < (1 if cause.any_suffices else len(cause.ends)):
        return cause.ends[0], None
    last = max(seen, key=lambda end: seen[end])
    return last, min(seen[last], now)


def _seen(ends: Ends) -> dict[str, int | None]:
    moments = {
        end: getattr(ends, f"{end}_ns")
        for end in ("nb", "sb", "plugged", "claimed", "up", "installed", "all_nodes")
    }
    if ends.last_node is not None:
        node = ends.nodes[ends.last_node]
        moments |= {"lookup": node.lookup_ns, "output": node.output_ns}
    return moments


def _last_flow(moments: Mapping[str, int | None]) -> str:
    lookup, output = moments["lookup"], moments["output"]
    assert lookup is not None
    assert output is not None
    return "lookup" if lookup > output else "output"
