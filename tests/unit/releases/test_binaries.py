from __future__ import annotations

import errno
import struct
import sys
from pathlib import Path

import pytest

from testbed.releases import ReleaseUnavailable
from testbed.releases.binaries import architecture, inside, require_own_architecture


def test_an_absolute_link_stays_within_its_root(tmp_path: Path) -> None:
    for folder in ("usr/sbin", "etc/alternatives", "usr/lib/switch"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/lib/switch/ovs-vswitchd").touch()
    (tmp_path / "usr/sbin/ovs-vswitchd").symlink_to("/etc/alternatives/ovs-vswitchd")
    (tmp_path / "etc/alternatives/ovs-vswitchd").symlink_to("/usr/lib/switch/ovs-vswitchd")
    assert inside(tmp_path, "/usr/sbin/ovs-vswitchd") == tmp_path / "usr/lib/switch/ovs-vswitchd"


def test_relative_links_and_links_of_directories_are_followed(tmp_path: Path) -> None:
    (tmp_path / "usr/bin").mkdir(parents=True)
    (tmp_path / "usr/bin/real").touch()
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "usr/bin/name").symlink_to("../bin/real")
    assert inside(tmp_path, "/bin/name") == tmp_path / "usr/bin/real"


def test_dots_do_not_lead_out_of_the_root(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("../../../../etc")
    assert inside(tmp_path, "/out/passwd") == tmp_path / "etc/passwd"


def test_links_that_never_end_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match="symbolic links") as refused:
        inside(tmp_path, "/a")
    assert refused.value.errno == errno.ELOOP


def an_elf(path: Path, machine: int, bits: int = 64, order: str = "<") -> Path:
    head = b"\x7fELF" + bytes([bits // 32, 1 if order == "<" else 2]) + bytes(10)
    path.write_bytes(head + struct.pack(order + "HH", 2, machine))
    return path


@pytest.mark.parametrize(
    ("machine", "bits", "order", "name"),
    [
        (62, 64, "<", "amd64 (64 bit)"),
        (183, 64, "<", "arm64 (64 bit)"),
        (22, 64, ">", "s390x (64 bit)"),
        (3, 32, "<", "i386 (32 bit)"),
        (999, 64, "<", "machine 999 (64 bit)"),
    ],
)
def test_a_program_tells_its_machine(tmp_path: Path, machine: int, bits: int, order: str, name: str) -> None:
    assert architecture(an_elf(tmp_path / "program", machine, bits, order)) == name


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nexec true # long enough to be read", b"\x7fELF"])
def test_what_is_no_program_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "program").write_bytes(content)
    with pytest.raises(ReleaseUnavailable, match="no ELF file"):
        architecture(tmp_path / "program")


def test_another_architecture_is_refused_and_our_own_is_not(tmp_path: Path) -> None:
    require_own_architecture("prefix:/p", Path(sys.executable).resolve())
    with pytest.raises(ReleaseUnavailable, match=r"prefix:/p: built for machine 999 .* this machine is"):
        require_own_architecture("prefix:/p", an_elf(tmp_path / "northd", 999))
