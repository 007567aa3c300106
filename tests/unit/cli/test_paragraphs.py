"""What a person reads of a command's docstring."""

import pytest

from docs.reference.commands import commands
from testbed.cli.paragraphs import flowing


def test_paragraphs_flow_and_examples_stay_as_they_are() -> None:
    text = "What it does.\n\nA paragraph that\nis broken.\n\nExamples:\n  one\n\n  two\n\nThe\nend."
    told = "What it does.\n\nA paragraph that is broken.\n\nExamples:\n  one\n\n  two\n\nThe end."
    assert flowing(text) == told


@pytest.mark.parametrize(("name", "section"), list(commands()))
def test_every_command_has_an_example_that_calls_it(name: str, section: str) -> None:
    _, _, rest = section.partition("```text\n")
    assert name in rest.partition("```")[0]
