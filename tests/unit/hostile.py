"""Text that means harm: what a shell, OVSDB, OVN's expressions or a log would read something else in than a name."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from testbed.apiserver import metadata

PIECES = (
    *(
        '"',
        "'",
        "`id`",
        "$(reboot)",
        "${IFS}",
        "\n",
        "\r",
        "\t",
        "\0",
        '"; DROP TABLE pods; --',
        "\\",
        "\\\\",
    ),
    *(
        " || 1",
        ") || (1",
        " && ",
        "!",
        "//",
        "/*",
        "*/",
        "$as",
        "@pg",
        "(",
        ")",
        "{",
        "}",
        "[0]",
        "<->",
        "--",
        "-rf",
    ),
    *(
        ";",
        "&",
        "|",
        ">",
        "<",
        "=",
        ",",
        ":",
        "%",
        "%s",
        "{0}",
        "*",
        "?",
        "~",
        "#",
        " ",
        "..",
        "...",
        "/",
        "../../etc",
    ),
    *(
        "\N{RIGHT-TO-LEFT OVERRIDE}",
        "\N{LINE SEPARATOR}",
        "\N{FULLWIDTH DIGIT ONE}",
        "é",
        "名",
        "\N{ZERO WIDTH SPACE}",
    ),
    *(
        "1",
        "0x0",
        "ip4",
        "ip4.src == 10.0.0.1",
        "10.0.0.1",
        "fd00::1",
        "fe80::1%eth0; drop",
        "10.0.0.0/8",
        "reg0",
        "true",
    ),
    *("x" * 300, "(" * 60, "{" * 9, "1" * 70, "[" * 9),
)
"""Each of them alone has broken something somewhere."""

texts = st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=5).map("".join)
"""Whatever a field of type string may be given."""

expressions = st.tuples(
    st.sampled_from(("ip4.src == 10.0.0.1", "tcp", "ip6", 'inport == "a"', "tcp.dst == {80, 443}", "")),
    texts,
    st.sampled_from(("", " && ip4", ")", " || ip")),
).map("".join)
"""What begins like an expression of OVN and goes on otherwise."""

_TRICKY_LABELS = (
    "a",
    "0",
    "1",
    "drop",
    "ip4",
    "a--b",
    "node-a",
    "egress-a",
    "localnet",
    "x" * 63,
    "0x1",
    "true",
    "a-1-b",
)

labels = st.sampled_from(_TRICKY_LABELS) | st.from_regex(r"[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True)
"""Names of namespaces, subnets and VPCs: DNS labels, the oddest that there are."""

names = st.lists(labels, min_size=1, max_size=4).map(".".join).filter(lambda name: len(name) <= 253)
"""Names of pods and nodes: labels joined by dots."""


def is_accepted(kind: object, name: str) -> bool:
    """Whether the API lets an object of the kind be called so."""
    return not metadata.faults(kind, {"name": name})  # type: ignore[arg-type]


CHECKED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=15,
    suppress_health_check=list(HealthCheck),
)
"""In every run the same examples, and no more than take seconds."""

COSTLY, WIDER = settings(CHECKED, max_examples=40), settings(CHECKED, max_examples=100)
"""For what is tried once, and not for each of a hundred fields."""

SEARCHED = settings(CHECKED, derandomize=False, max_examples=int(os.environ.get("HOSTILE_EXAMPLES", "300")))
"""A search of minutes, each time another one: `HOSTILE_EXAMPLES` says how long."""
