"""How the output of a page's commands is compared with what the page shows."""

import re
from pathlib import Path

import pytest

from tests.system.transcript import carry_out, pattern, steps

PAGE = """
```bash
echo 'pod left created'
echo 'took 7 ms'
```

```text
pod left created
...
took 3.5 ms
```

Words.

```bash
printf '%s\\n' $((6 * 7))
```
"""
REPLY = "64 bytes from 10.16.0.12: icmp_seq=1 ttl=64 time=1.12 ms"
CAPTURED = "172.31.0.11.54875 > 172.31.0.12.6081: Geneve, vni 0x1, options"


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (REPLY, "64 bytes from 10.16.0.12: icmp_seq=30 ttl=64 time=3 ms"),
        (CAPTURED, "172.31.0.11.1025 > 172.31.0.12.6081: Geneve, vni 0xab, options"),
        ("left  1/1  Running  0  1s  10.16.0.11", "left   1/1     Running   0   12s   10.16.0.11"),
        ("switch ... (ovn-default)", "switch 64868d03-06e8-4952 (ovn-default)"),
    ],
)
def test_numbers_and_spaces_may_differ_from_the_page(shown: str, said: str) -> None:
    assert re.fullmatch(pattern(shown), said)


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        (REPLY, REPLY.replace("10.16.0.12", "10.16.0.13")),
        (CAPTURED, CAPTURED.replace("6081", "4789")),
        ("left  1/1  Running", "left  0/1  Running"),
        ("Chassis node1", "Chassis node2"),
        ('["0a:00:00:00:00:11 10.16.0.11"]', '["0a:00:00:00:00:12 10.16.0.11"]'),
    ],
)
def test_names_addresses_and_shares_may_not(shown: str, said: str) -> None:
    assert not re.fullmatch(pattern(shown), said)


def test_steps_share_one_shell_and_are_compared_in_order(tmp_path: Path) -> None:
    first, second = steps(PAGE)
    assert (first.output, second.output) == (("pod left created", "took 3.5 ms"), ())
    carry_out([first, second], tmp_path, {"PATH": "/usr/bin:/bin"}, timeout_s=30)


def test_what_a_page_does_not_keep_is_told_with_its_commands(tmp_path: Path) -> None:
    (step,) = steps("```bash\nX=1\necho no\n```\n\n```text\nyes\n```\n")
    with pytest.raises(AssertionError, match=r"echo no\nshould say\nyes\nbut says\nno"):
        carry_out([step], tmp_path, {"PATH": "/usr/bin:/bin"}, timeout_s=30)


def test_a_command_that_fails_fails_its_page(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"^false\n"):
        carry_out(
            steps("```bash\ntrue\n```\n\n```bash\nfalse\n```\n"), tmp_path, {"PATH": "/usr/bin:/bin"}, 30
        )
