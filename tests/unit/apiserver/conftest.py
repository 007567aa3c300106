"""A store on a journal of its own, and what is written to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from testbed.apiserver.admission import nothing_to_object
from testbed.apiserver.journal import Journal, JournalError
from testbed.apiserver.kinds import builtin
from testbed.apiserver.store import Store
from testbed.apiserver.writing import Writer


class Opener:
    """Opens stores on one journal file, one after the other."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lost: list[JournalError] = []
        self.journal: Journal | None = None

    def __call__(self, history: int = 100) -> Store:
        if self.journal is not None:
            self.journal.close()
        self.journal = Journal(self.path, history)
        return Store(builtin(), self.journal, self.lost.append)


@pytest.fixture
def opener(tmp_path: Path) -> Opener:
    return Opener(tmp_path / "journal.db")


@pytest.fixture
async def store(opener: Opener) -> Store:
    return opener()


@pytest.fixture
async def writer(store: Store) -> Writer:
    writer = Writer(store, nothing_to_object)
    writer.create(store.registry.named("Namespace"), "", {"metadata": {"name": "default"}})
    return writer


def a_pod(name: str, **labels: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "labels": dict(labels)},
        "spec": {"nodeName": "node1", "containers": []},
    }
