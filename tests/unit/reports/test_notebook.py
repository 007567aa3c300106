"""The notebook draws the figures of whatever run it is given."""

from pathlib import Path
from typing import Any

import pytest

from testbed.results import RunDirectory

NOTEBOOK = Path(__file__).parents[3] / "reports" / "notebooks" / "run.ipynb"


def outputs(notebook: Any, kind: str) -> list[Any]:
    return [
        output["data"][kind]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if kind in output.get("data", {})
    ]


def test_the_notebook_draws_every_figure_of_a_run(
    invented: RunDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("TESTBED_RUN", str(invented.path))
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[2]))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not outputs(notebook, "text/plain"), "a notebook is kept without outputs"
    nbclient.NotebookClient(notebook, timeout=100).execute()
    run = invented.run()
    assert any(run.id in text for text in outputs(notebook, "text/markdown"))
    drawn = "".join(outputs(notebook, "text/html"))
    for figure in run.figures:
        assert figure.title in drawn
    assert len(outputs(notebook, "image/png")) == 2
