"""What the kernel can do, learnt by trying.

A name in a list of modules or symbols proves little (a module may be there and not load, a feature may be built in and
have no name), so every feature is used once: a device is made, a queue set, a rule loaded. Each trial runs in a
network namespace of its own that ends with it, and so does what it made.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

import msgspec

_PATH = f"{os.environ.get('PATH', '/usr/bin:/bin')}:/usr/sbin:/sbin"
_SECONDS = 10


class Trial(msgspec.Struct, frozen=True):
    """How a feature is tried: a command, and what it is told on its standard input."""

    name: str
    command: tuple[str, ...]
    purpose: str
    remedy: str
    told: str = ""


class Feature(msgspec.Struct, frozen=True):
    """What came of a trial; ``found`` is None where it could not be tried. ``said`` is the refusal's own words."""

    name: str
    found: bool | None
    purpose: str
    said: str = ""
    remedy: str = ""


Findings = Mapping[str, Feature]
"""The features of a machine, by name."""


def _device(name: str, purpose: str, *lines: str, module: str) -> Trial:
    remedy = f"modprobe {module}, or a kernel that has it"
    return Trial(name, ("ip", "-batch", "-"), purpose, remedy, "\n".join(lines))


def _queue(name: str, purpose: str, *lines: str, module: str) -> Trial:
    remedy = f"modprobe {module}, or a kernel that has it"
    return Trial(name, ("tc", "-batch", "-"), purpose, remedy, "\n".join(lines))


_VETH = "link add probe0 type veth peer name probe1"
_MASQUERADE = """table inet probe {
    chain out { type nat hook postrouting priority srcnat; ip saddr 192.0.2.0/24 masquerade; }
}
"""

TRIALS = (
    Trial("namespaces", ("true",), "every node and pod", "run as root, on a kernel with network namespaces"),
    _device("veth", "links and live pods", _VETH, module="veth"),
    _device("bridge", "the fabric's switches", "link add probe0 type bridge", module="bridge"),
    _device("tap", "the userspace datapath", "tuntap add dev probe0 mode tap", module="tun"),
    Trial(
        "openvswitch",
        ("ovs-dpctl", "add-dp", "probe0"),
        "the kernel datapath",
        "modprobe openvswitch, or a kernel that has it",
    ),
    _device(
        "geneve",
        "Geneve of the kernel datapath",
        "link add probe0 type geneve id 1 remote 192.0.2.1",
        module="geneve",
    ),
    _device(
        "vxlan",
        "VXLAN of the kernel datapath",
        "link add probe0 type vxlan id 1 dstport 4789 remote 192.0.2.1",
        module="vxlan",
    ),
    _device(
        "vlan",
        "VLAN interfaces of the kernel (Open vSwitch tags without them)",
        _VETH,
        "link add link probe0 name probe2 type vlan id 5",
        module="8021q",
    ),
    _device("dummy", "interfaces that lead nowhere", "link add probe0 type dummy", module="dummy"),
    _queue("htb", "bandwidth of pods", "qdisc add dev lo root handle 1: htb", module="sch_htb"),
    _queue(
        "tbf",
        "bandwidth from pods",
        "qdisc add dev lo root tbf rate 1mbit burst 10kb latency 50ms",
        module="sch_tbf",
    ),
    _queue("netem", "delay and loss on links", "qdisc add dev lo root netem delay 1ms", module="sch_netem"),
    _queue(
        "police",
        "Open vSwitch's ingress policing",
        "qdisc add dev lo ingress",
        "filter add dev lo parent ffff: protocol ip u32 match u32 0 0 police rate 1mbit burst 10kb drop",
        module="act_police",
    ),
    _queue(
        "flower",
        "offload of the kernel datapath",
        "qdisc add dev lo ingress",
        "filter add dev lo parent ffff: flower action drop",
        module="cls_flower",
    ),
    Trial(
        "masquerade",
        ("nft", "-f", "-"),
        "egress by the node",
        "modprobe nf_nat nft_masq, or a kernel that has them",
        _MASQUERADE,
    ),
    Trial(
        "huge-pages",
        ("unshare", "--mount", "mount", "-t", "hugetlbfs", "probe", "/mnt"),
        "DPDK's memory",
        "a kernel with hugetlbfs",
    ),
)


def probe(trials: tuple[Trial, ...] = TRIALS) -> dict[str, Feature]:
    """Try every feature on this machine (about 10 ms each); leaves nothing behind.

    Without privilege it tries in a user namespace: what works there works, but a refusal may be for want of
    privilege, and tells nothing.
    """
    privileged = os.geteuid() == 0
    alone = ["unshare", "--net"] if privileged else ["unshare", "--user", "--map-root-user", "--net"]
    return {trial.name: _outcome(trial, alone, privileged) for trial in trials}


def _outcome(trial: Trial, alone: list[str], privileged: bool) -> Feature:
    said = _try([*alone, *trial.command], trial.told)
    if said is None:
        return Feature(trial.name, True, trial.purpose)
    if privileged:
        return Feature(trial.name, False, trial.purpose, said, trial.remedy)
    return Feature(trial.name, None, trial.purpose, f"{said} (tried without privilege)", "look as root")


def _try(command: list[str], told: str) -> str | None:
    """None if ``command`` succeeds, else its refusal in one line."""
    try:
        done = subprocess.run(
            command,
            input=told,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env={**os.environ, "PATH": _PATH, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        return f"{command[0]} is not installed"
    except subprocess.TimeoutExpired:
        return f"no answer in {_SECONDS} s"
    if done.returncode == 0:
        return None
    lines = [line for line in done.stderr.splitlines() if not line.startswith("Command failed")]
    return lines[0].rpartition("|")[2].removeprefix("Error: ") if lines else f"status {done.returncode}"
