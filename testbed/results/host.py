"""The machine that a run was made on, told apart from others: latencies of different machines do not compare."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from testbed.results.run import Host


def fingerprint(proc: Path = Path("/proc"), etc: Path = Path("/etc")) -> Host:
    """This machine.

    Its ``fingerprint`` is made of processor model, cores, memory (to the GiB) and kernel release: what changes
    figures, and nothing that names the machine or its owner.
    """
    cpus = (proc / "cpuinfo").read_text()
    cpu = _field(cpus, "model name") or platform.machine()
    cores = len(os.sched_getaffinity(0))
    memory = int((_field((proc / "meminfo").read_text(), "MemTotal") or "0").split()[0]) // 1024
    kernel = platform.release()
    text = f"{cpu}|{cores}|{round(memory / 1024)}|{kernel}"
    return Host(
        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:12],
        cpu=cpu,
        cores=cores,
        memory_mib=memory,
        kernel=kernel,
        distribution=_distribution(etc / "os-release"),
        python=platform.python_version(),
        hypervisor="virtual machine" if "hypervisor" in (_field(cpus, "flags") or "").split() else "",
    )


def _field(text: str, name: str) -> str:
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if colon and key.strip() == name:
            return value.strip()
    return ""


def _distribution(path: Path) -> str:
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition("=")[2].strip('"') for line in lines if line.startswith("PRETTY_NAME=")), "")
