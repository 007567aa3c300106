"""A node as the gateway of its pods: what leaves the cluster from a subnet with NAT gets the node's address.

The rules are one table of nftables, replaced as a whole in one transaction whenever the networks change; connections
that are translated already stay so, since the kernel decided about them at their first packet.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from controller.daemon.device import Network
from controller.daemon.namespaces import network_namespace_of
from controller.daemon.subnets import Subnets
from controller.daemon.translation import Rule
from controller.kubernetes import Backoff

log = logging.getLogger(__name__)

TABLE = "kube-ovn"
FORWARDING = (Path("/proc/sys/net/ipv4/ip_forward"), Path("/proc/sys/net/ipv6/conf/all/forwarding"))


class Egress:
    """Keeps the rules of one node as the subnets demand.

    Args:
        pid: a process in the node's network namespace.
        device: by which the pods' packets come in.
    """

    def __init__(
        self, node: str, pid: int, device: str, subnets: Subnets, workers: ThreadPoolExecutor
    ) -> None:
        self._node = node
        self._pid = pid
        self._device = device
        self._subnets = subnets
        self._workers = workers
        self._changed = asyncio.Event()
        subnets.subscribe(self._changed.set)

    async def run(self) -> None:
        """Keeps them, for ever."""
        backoff = Backoff(first=0.2, ceiling=5.0)
        in_force = ""
        while True:
            await self._changed.wait()
            self._changed.clear()
            wanted = ruleset(
                self._subnets.networks, self._subnets.translated, self._device, self._subnets.rules
            )
            if wanted == in_force:
                continue
            loop = asyncio.get_running_loop()
            try:
                await loop.run_in_executor(self._workers, apply, self._pid, wanted)
            except OSError as error:
                log.warning("node %s: egress: %s", self._node, error)
                self._changed.set()
                await asyncio.sleep(backoff.failed())
            else:
                backoff.succeeded()
                in_force = wanted


def ruleset(
    networks: Iterable[Network], translated: Iterable[Network], device: str, exceptions: Iterable[Rule] = ()
) -> str:
    """The table, as a transaction for `nft -f` that replaces the one that may be there."""
    inside, sources = list(networks), list(translated)
    rules = [
        *(f"{_exception(rule)} {_leaving(rule.version, device)} {_verdict(rule)}" for rule in exceptions),
        *(
            f"ip{_family(version)} saddr @translated{version} {_leaving(version, device)} masquerade"
            for version in (4, 6)
        ),
    ]
    return "\n".join(
        (
            f"table inet {TABLE}",
            f"delete table inet {TABLE}",
            f"table inet {TABLE} {{",
            *(_set(f"inside{version}", version, inside) for version in (4, 6)),
            *(_set(f"translated{version}", version, sources) for version in (4, 6)),
            "  chain postrouting {",
            "    type nat hook postrouting priority srcnat; policy accept;",
            *(f"    {rule}" for rule in rules),
            "  }",
            "}",
            "",
        )
    )


def apply(pid: int, rules: str) -> None:
    """Puts the rules in force in a process's network namespace, which forwards packets from then on.

    Blocks, and must not run in the event loop's thread. Raises ``OSError``, also for what nft refuses.
    """
    with network_namespace_of(pid):
        for switch in FORWARDING:
            if switch.exists():
                switch.write_text("1")
        done = subprocess.run(["nft", "-f", "-"], input=rules, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"nft: {' '.join(done.stderr.split())}")


def _leaving(version: int, device: str) -> str:
    return f'ip{_family(version)} daddr != @inside{version} oifname != "{device}"'


def _exception(rule: Rule) -> str:
    ip = f"ip{_family(rule.version)}"
    ends = [("saddr", (rule.network,)), ("saddr", rule.sources), ("daddr", rule.destinations)]
    return " ".join(f"{ip} {end} {{ {_joined(found)} }}" for end, found in ends if found)


def _verdict(rule: Rule) -> str:
    return "masquerade" if rule.is_translated else "accept"


def _joined(networks: Iterable[Network]) -> str:
    return ", ".join(sorted(str(network) for network in networks))


def _family(version: int) -> str:
    return "" if version == 4 else "6"


def _set(name: str, version: int, networks: Iterable[Network]) -> str:
    elements = _joined(network for network in networks if network.version == version)
    content = f" elements = {{ {elements} }}" if elements else ""
    return f"  set {name} {{ type ipv{version}_addr; flags interval; auto-merge;{content} }}"
