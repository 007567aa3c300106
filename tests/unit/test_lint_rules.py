"""The rules that no write bypasses the diff and no input reaches a shell find what they should, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from lint.no_bypass import WRITERS, bypasses, writes
from lint.no_shell import shells


def found(source: str) -> list[str]:
    return [bypass.what for bypass in writes("controller.reconcilers.pod", source)]


@pytest.mark.parametrize(
    "planted",
    [
        "async def f(client):\n    await client.transact([])",
        "class C:\n    async def f(self):\n        await self._client.patch(PODS, 'a', {})",
        "def f(api):\n    api.create(PODS, {})",
        "def f(api):\n    return api.delete(PODS, 'a')",
        "def f(client):\n    later(client.patch)",
        "def f(client):\n    return getattr(client, 'transact')",
        "from controller.ovsdb import Client\ndef f(c):\n    return Client.transact(c, [])",
        "import subprocess\nsubprocess.run(['ovn-nbctl', 'ls-add', 'a'])",
        "from subprocess import Popen\nPopen(['nft'])",
        "import asyncio as a\nasync def f():\n    await a.create_subprocess_exec('ip')",
        "from pyroute2 import IPRoute",
        "import pyroute2.netns",
    ],
)
def test_a_planted_bypass_is_found(planted: str) -> None:
    assert len(found(planted)) == 1


@pytest.mark.parametrize(
    "innocent",
    [
        "from controller.ovsdb import operations\noperations.delete('Port', uuid)",
        "def f(effect):\n    return effect.patch",
        "def f(client):\n    return client.get(PODS, 'a')",
        "def create():\n    pass\ncreate()",
        "def f(rules):\n    return rules.create(pod, view)",
        "text = 'client.transact()'  # client.patch()",
    ],
)
def test_what_does_not_write_is_left_alone(innocent: str) -> None:
    assert found(innocent) == []


def test_a_finding_tells_where_and_what() -> None:
    (bypass,) = writes("controller.engine.diff", "x = 1\nclient.transact([x])\n")
    assert (bypass.module, bypass.line, bypass.what) == (
        "controller.engine.diff",
        2,
        "writes by client.transact",
    )


def test_a_listed_writer_may_write_and_one_that_no_longer_does_is_found(tmp_path: Path) -> None:
    package = tmp_path / "controller"
    package.mkdir()
    (package / "writer.py").write_text("client.transact([])\n")
    (package / "other.py").write_text("client.transact([])\n")
    (package / "former.py").write_text("")
    writers = {"controller.writer": "it is the writer", "controller.former": "it was one"}
    assert [(bypass.module, bypass.line) for bypass in bypasses(package, writers)] == [
        ("controller.other", 1),
        ("controller.former", 0),
    ]


def test_every_writer_says_why() -> None:
    assert all(len(reason) > 20 for reason in WRITERS.values())


@pytest.mark.parametrize(
    "planted",
    [
        "import os\nos.system('ip link')",
        "from os import popen\npopen('ip link')",
        "import subprocess\nsubprocess.run(['ip'], shell=True)",
        "import subprocess as s\ns.run(command, shell=maybe)",
        "import subprocess\nsubprocess.run('ip link')",
        "import subprocess\nsubprocess.Popen(f'ip link del {name}')",
        "import subprocess\nsubprocess.check_output('ip link del ' + name)",
        "import subprocess\nsubprocess.call('ip link del %s' % name)",
        "import subprocess\nsubprocess.run(' '.join(command))",
        "from subprocess import getoutput\ngetoutput('ip link')",
        "import asyncio\nasync def f():\n    await asyncio.create_subprocess_shell('ip')",
        "node.run(['sh', '-c', f'ip link del {name}'])",
        "node.run(('nsenter', '--net', '/bin/bash', '-c', script))",
    ],
)
def test_a_planted_shell_is_found(planted: str) -> None:
    assert len(list(shells("testbed/x.py", planted))) == 1


@pytest.mark.parametrize(
    "innocent",
    [
        "import subprocess\nsubprocess.run(['ip', 'link', 'del', name])",
        "import subprocess\nsubprocess.run([*enter, 'ip'], shell=False)",
        "import subprocess\nsubprocess.run(command)",
        "node.run(['sh', '-c', 'echo \"$1\"', 'sh', name])",
        "shell = ['sh', script]",
        "def system():\n    pass\nsystem()",
    ],
)
def test_commands_that_are_lists_are_left_alone(innocent: str) -> None:
    assert list(shells("testbed/x.py", innocent)) == []


def test_a_found_shell_tells_where_and_what() -> None:
    (found,) = shells("testbed/x.py", "import os\nos.system(name)\n")
    assert (found.file, found.line, found.what) == ("testbed/x.py", 2, "hands a text to a shell (os.system)")
