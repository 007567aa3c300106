"""Finding scenarios: every file of a folder is looked at, and a broken one hides nothing but itself."""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from testbed.experiment.errors import Unfit
from testbed.experiment.scenario import Scenario

FOLDER_VARIABLE = "TESTBED_SCENARIOS"
DEFAULT_PROFILE = "quick"


@dataclass(frozen=True)
class Broken:
    """A file of the folder that gives no scenario, and why."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Registry:
    """The scenarios of one folder by name, and the files that are broken."""

    folder: Path
    scenarios: dict[str, type[Scenario]]
    broken: tuple[Broken, ...]

    def find(self, name: str) -> type[Scenario]:
        """The scenario called ``name``; raises ``Unfit`` naming those there are, and a broken file of that name."""
        if name in self.scenarios:
            return self.scenarios[name]
        for entry in self.broken:
            if entry.path.stem.replace("_", "-") == name:
                raise Unfit(f"scenario {name!r} is broken: {entry.path}: {entry.reason}")
        known = ", ".join(sorted(self.scenarios)) or "none"
        raise Unfit(f"unknown scenario {name!r}; allowed: {known} (`testbed list` tells what each asks)")


def folder() -> Path:
    """Where scenarios are looked for: ``$TESTBED_SCENARIOS``, else the folder ``scenarios`` beside the packages."""
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else Path(__file__).resolve().parents[2] / "scenarios"


def load(where: Path | None = None) -> Registry:
    """All scenarios below ``where`` (default ``folder()``), one file each; files that begin with ``_`` are none.

    Raises ``Unfit`` if there is no such folder.
    """
    where = where or folder()
    if not where.is_dir():
        raise Unfit(f"no folder of scenarios at {where}; set {FOLDER_VARIABLE} to one")
    scenarios: dict[str, type[Scenario]] = {}
    broken: list[Broken] = []
    for path in sorted(where.glob("*.py")):
        if path.name.startswith("_"):
            continue
        try:
            found = _scenarios_of(_module(path))
        except Exception as error:  # a user's file may fail in any way; the others must still be listed
            broken.append(Broken(path, _reason(error, path)))
            continue
        if not found:
            broken.append(Broken(path, "it defines no subclass of Scenario"))
        for scenario in found:
            fault = _fault(scenario)
            if not fault and scenario.name() in scenarios:
                fault = f"another file already defines a scenario {scenario.name()!r}"
            if fault:
                broken.append(Broken(path, fault))
            else:
                scenarios[scenario.name()] = scenario
    return Registry(where, scenarios, tuple(broken))


def _module(path: Path) -> ModuleType:
    name = f"scenarios.{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot be loaded as Python: {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _scenarios_of(module: ModuleType) -> list[type[Scenario]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Scenario) and value.__module__ == module.__name__
    ]


def _fault(scenario: type[Scenario]) -> str:
    if not scenario.title():
        return f"{scenario.__name__} has no docstring: its first line is the question it asks"
    if DEFAULT_PROFILE not in scenario.profiles:
        return f"{scenario.__name__} has no profile {DEFAULT_PROFILE!r}, which is run unless another is asked for"
    for name, params in scenario.profiles.items():
        if not isinstance(params, scenario.Params):
            return f"profile {name!r} of {scenario.__name__} is no {scenario.__name__}.Params"
    return ""


def _reason(error: BaseException, path: Path) -> str:
    """The error in a line, with the line of the user's file where it happened."""
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    lines = [
        entry.lineno for entry in traceback.extract_tb(error.__traceback__) if Path(entry.filename) == path
    ]
    where = f"line {lines[-1]}: " if lines else ""
    return f"{where}{type(error).__name__}: {' '.join(str(error).split())}"
