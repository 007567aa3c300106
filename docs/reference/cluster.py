"""The file that describes a cluster, from the code that judges it."""

from __future__ import annotations

from docs.reference.markdown import code, table
from testbed.cli import blueprint


def page() -> str:
    """The page of the fields of a cluster.yaml."""
    rows = ((code(name), field.allowed, field.meaning) for name, field in blueprint.FIELDS.items())
    return (
        "\n\n".join(
            [
                "# cluster.yaml",
                "What `testbed up -f cluster.yaml` reads. Every field may be left out; an option of the command wins "
                "over the field of its name. An unknown field, or a value that is not allowed, is refused "
                "before anything is started.",
                f"```yaml\n{blueprint.EXAMPLE}```",
                table(("field", "allowed", "meaning"), rows),
            ]
        )
        + "\n"
    )
