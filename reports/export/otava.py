"""A history for Apache Otava, which looks for change points: its JSON source, a document a run.

Otava lines up the values of a metric by their place. A run in which one was not measured therefore holds null there,
which Otava takes for a gap.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from reports.export.history import measured, moment, require_one_history
from testbed.results import Run


def render(runs: Sequence[Run]) -> str:
    """A JSON array of the runs, oldest first. Raises ``NotOneHistory``."""
    require_one_history(runs)
    names = sorted({name for run in runs for name in measured(run)})
    documents = [_document(run, names) for run in sorted(runs, key=moment)]
    return msgspec.json.format(msgspec.json.encode(documents), indent=2).decode() + "\n"


def _document(run: Run, names: Sequence[str]) -> dict[str, object]:
    found = measured(run)
    return {
        "timestamp": int(moment(run)),
        "metrics": [{"name": name, "value": found[name].value if name in found else None} for name in names],
        "attributes": {
            "run": run.id,
            "branch": run.stamps.branch,
            "commit": run.stamps.commit,
            "version": ", ".join(f"OVN {release.ovn}, OVS {release.ovs}" for release in run.releases),
            "validity": run.validity.verdict,
        },
    }
