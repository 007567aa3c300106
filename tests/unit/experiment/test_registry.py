from pathlib import Path

import pytest

from testbed.experiment import registry
from testbed.experiment.errors import Unfit

GOOD = '''
from testbed.experiment.params import ScenarioParams
from testbed.experiment.scenario import Scenario

class TwoWords(Scenario):
    """What is asked.

    More words.
    """
    profiles = {"quick": ScenarioParams()}
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.py").write_text(GOOD)
    return tmp_path


def test_a_file_put_into_the_folder_is_a_scenario(folder: Path) -> None:
    found = registry.load(folder)
    assert list(found.scenarios) == ["two-words"]
    assert found.find("two-words").title() == "What is asked."
    assert found.broken == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = (", "line 1: '(' was never closed"),
        ("\nimport nothing_of_that_name", "line 2: ModuleNotFoundError"),
        ("raise SystemError('no\\nway')", "line 1: SystemError: no way"),
        ("x = 1", "defines no subclass of Scenario"),
        (GOOD.replace("TwoWords", "Other"), None),
        (GOOD.replace('profiles = {"quick": ScenarioParams()}', ""), "has no profile 'quick'"),
        (GOOD.replace("quick", "slow"), "has no profile 'quick'"),
        (GOOD.replace("ScenarioParams()", "3"), "profile 'quick' of TwoWords is no TwoWords.Params"),
        (GOOD.replace("What is asked.", "").replace("More words.", ""), "no docstring"),
        (GOOD, "another file already defines a scenario 'two-words'"),
    ],
)
def test_a_broken_file_is_named_with_the_reason_and_hides_no_other(
    folder: Path, text: str, reason: str | None
) -> None:
    (folder / "later.py").write_text(text)
    found = registry.load(folder)
    assert "two-words" in found.scenarios
    if reason is None:
        assert found.broken == ()
    else:
        (broken,) = found.broken
        assert broken.path == folder / "later.py"
        assert reason in broken.reason
        assert "\n" not in broken.reason


def test_a_file_that_begins_with_an_underscore_is_no_scenario(folder: Path) -> None:
    (folder / "_shared.py").write_text("x = (")
    assert registry.load(folder).broken == ()


def test_an_unknown_scenario_is_told_with_those_there_are(folder: Path) -> None:
    with pytest.raises(Unfit, match="unknown scenario 'nope'; allowed: two-words"):
        registry.load(folder).find("nope")


def test_asking_for_a_broken_scenario_tells_why_it_is_broken(folder: Path) -> None:
    (folder / "my_own.py").write_text("x = (")
    with pytest.raises(Unfit, match=r"scenario 'my-own' is broken: .*my_own.py: line 1"):
        registry.load(folder).find("my-own")


def test_the_environment_names_another_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(registry.FOLDER_VARIABLE, str(folder))
    assert registry.load().folder == folder


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match="no folder of scenarios"):
        registry.load(tmp_path / "nowhere")


def test_the_projects_own_scenarios_are_whole() -> None:
    found = registry.load()
    assert found.broken == ()
    assert "incremental" in found.scenarios
    assert all("quick" in scenario.profiles for scenario in found.scenarios.values())
