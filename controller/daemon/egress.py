"""A node as the gateway of its pods: what leaves the cluster from a subnet with NAT gets the node's address.

The rules are one table of nftables, replaced as a whole in one transaction whenever the networks change; connections
that are translated already stay so, since the kernel decided about them at their first packet.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from controller.api.addresses import version_of
from controller.daemon.config import NodeConfig
from controller.daemon.device import Network
from controller.daemon.keeper import Keeper
from controller.daemon.namespaces import network_namespace_of
from controller.daemon.subnets import Subnets
from controller.daemon.translation import Rule

TABLE = "kube-ovn"
FORWARDING = (Path("/proc/sys/net/ipv4/ip_forward"), Path("/proc/sys/net/ipv6/conf/all/forwarding"))


def kept(config: NodeConfig, device: str, subnets: Subnets, workers: ThreadPoolExecutor) -> Keeper[str]:
    """The rules of one node as the subnets demand; ``device`` is the one by which the pods' packets come in."""

    def wanted() -> str:
        return ruleset(
            subnets.networks, subnets.translated, device, subnets.rules, subnets.sources(config.node)
        )

    return Keeper(config, "egress", wanted, apply, workers, subnets)


def ruleset(
    networks: Iterable[Network],
    translated: Iterable[Network],
    device: str,
    exceptions: Iterable[Rule] = (),
    named: Mapping[Network, str] | None = None,
) -> str:
    """The table, as a transaction for `nft -f` that replaces the one that may be there.

    ``named``: the addresses under which networks leave that have one of their own at this node.
    """
    inside, sources, named = list(networks), list(translated), named or {}
    rules = [
        *(
            f"{_exception(rule)} {_leaving(rule.version, device)} {_verdict(rule, named)}"
            for rule in exceptions
        ),
        *(
            f"ip{_family(network.version)} saddr {network} {_leaving(network.version, device)} {_under(address)}"
            for network, address in sorted(named.items(), key=str)
        ),
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


def _verdict(rule: Rule, named: Mapping[Network, str]) -> str:
    if not rule.is_translated:
        return "accept"
    address = named.get(rule.network)
    return _under(address) if address else "masquerade"


def _under(address: str) -> str:
    return f"snat ip{_family(version_of(address))} to {address}"


def _joined(networks: Iterable[Network]) -> str:
    return ", ".join(sorted(str(network) for network in networks))


def _family(version: int) -> str:
    return "" if version == 4 else "6"


def _set(name: str, version: int, networks: Iterable[Network]) -> str:
    elements = _joined(network for network in networks if network.version == version)
    content = f" elements = {{ {elements} }}" if elements else ""
    return f"  set {name} {{ type ipv{version}_addr; flags interval; auto-merge;{content} }}"
