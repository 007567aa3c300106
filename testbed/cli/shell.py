"""``testbed shell``: Mininet's own prompt, with the nodes and pods of a running cluster as its hosts."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

import mininet.cli
import mininet.log
import mininet.node

from testbed.cli import clusters
from testbed.cli.objects import Api
from testbed.cluster import entering
from testbed.cluster.control import Control
from testbed.cluster.external import External
from testbed.pods import live

DEFAULT_NAMESPACE = "default"


def shell(name: clusters.Name = None) -> int:
    """Open Mininet's prompt in a cluster: `HOST COMMAND` runs a command, host names in it become addresses.

    Hosts are node1, node2 ..., central, external, and every live pod as NODE-POD (outside the namespace default
    NODE-POD.NAMESPACE). Pods that come and go are followed at each prompt. Lines can be piped in, too.

    Examples:
      sudo testbed shell
      mininet> node1-pod3 ping -c 3 node2-pod1

      echo "node1 ip route" | sudo testbed shell --name demo
    """
    control = clusters.find(name)
    control.ask("/status")
    network = Network(control)
    supervisor = control.supervisor()
    entering.enter(supervisor, int(control.ask("/status")["supervisor_pid"]))
    sys.stdout.flush()
    prompt = os.fork()  # only a child is in the PID namespace that was entered
    if prompt == 0:
        status = 1
        try:
            _prompt(network)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the prompt's
    return os.waitstatus_to_exitcode(os.waitpid(prompt, 0)[1])


def _prompt(network: Network) -> None:
    mininet.log.setLogLevel("output")
    for handler in mininet.log.lg.handlers:
        handler.setStream(sys.stdout)  # what hosts say is data
    try:
        network.refresh()
        Prompt(network)
    finally:
        network.close()


class Interface:
    """The one interface that Mininet's prompt asks a host for."""

    def __init__(self, address: str | None) -> None:
        self.address = address

    def updateIP(self) -> str | None:
        """The address by which others reach the host; None where there is none."""
        return self.address


class Guest(mininet.node.Node):  # type: ignore[misc]  # Mininet comes without types
    """A machine or pod that somebody else made: a shell of our own in its namespaces."""

    def __init__(self, name: str, pid: int, address: str | None) -> None:
        self._target = pid
        self.address = address
        super().__init__(name, inNamespace=False)

    def startShell(self, mnopts: str | None = None) -> None:
        """Start the shell in the namespaces of the process that holds them."""
        super().startShell(mnopts or f"-cda{self._target}")

    def defaultIntf(self) -> Interface:
        """What the prompt asks for an address."""
        return Interface(self.address)

    def IP(self, intf: Any = None) -> str | None:
        """Its address."""
        return self.address


class Network:
    """What Mininet's prompt sees of a cluster: a mapping from names to hosts, kept current.

    Commands that change a network (`link`, `switch`) have nothing to work on here.
    """

    def __init__(self, control: Control) -> None:
        self._control = control
        self._guests: dict[str, tuple[int, Guest]] = {}
        self.switches: list[Any] = []
        self.controllers: list[Any] = []
        self.links: list[Any] = []

    def refresh(self) -> None:
        """Take in what came, let go what went."""
        there = self._places()
        for name in [
            known for known, (pid, _) in self._guests.items() if there.get(known, (0, ""))[0] != pid
        ]:
            self._guests.pop(name)[1].terminate()
        for name, (pid, address) in there.items():
            if name in self._guests:
                self._guests[name][1].address = address
            else:
                self._guests[name] = (pid, Guest(name, pid, address))

    def close(self) -> None:
        """End all shells."""
        for _, guest in self._guests.values():
            guest.terminate()
        self._guests.clear()

    @property
    def hosts(self) -> list[Guest]:
        """All hosts."""
        return [guest for _, guest in self._guests.values()]

    def __iter__(self) -> Any:
        return iter(self._guests)

    def __contains__(self, name: object) -> bool:
        return name in self._guests

    def __getitem__(self, name: str) -> Guest:
        return self._guests[name][1]

    def __len__(self) -> int:
        return len(self._guests)

    def keys(self) -> list[str]:
        """Names of all hosts."""
        return list(self._guests)

    def values(self) -> list[Guest]:
        """All hosts."""
        return self.hosts

    def items(self) -> list[tuple[str, Guest]]:
        """Names and hosts."""
        return list(zip(self.keys(), self.values(), strict=True))

    def get(self, *names: str) -> Any:
        """One host, or several, by name."""
        found = [self[name] for name in names]
        return found[0] if len(found) == 1 else found

    def _places(self) -> dict[str, tuple[int, str | None]]:
        """Every host: a process in its namespaces, and its address."""
        api = Api(self._control)
        nodes = {
            entry["metadata"]["name"]: _address(entry) for entry in api.ask("GET", "/api/v1/nodes")["items"]
        }
        nodes |= {"central": None, "external": External.address}
        places: dict[str, tuple[int, str | None]] = {
            name: (int(self._control.ask("/machines", name)["pid"]), address)
            for name, address in nodes.items()
        }
        pods = {entry["metadata"]["uid"]: entry for entry in api.ask("GET", "/api/v1/pods")["items"]}
        found = live.KIND.find(nodes)
        for uid, sandbox in sorted(found.items(), key=lambda entry: entry[1].identity.name):
            address = pods.get(uid, {}).get("status", {}).get("podIP")
            if sandbox.pid is not None and address:
                where = sandbox.identity
                suffix = "" if where.namespace == DEFAULT_NAMESPACE else f".{where.namespace}"
                places[f"{where.node}-{where.name}{suffix}"] = (sandbox.pid, address)
        return places


class Prompt(mininet.cli.CLI):  # type: ignore[misc]
    """Mininet's prompt, which looks for new pods before each line."""

    prompt = "mininet> " if sys.stdin.isatty() else ""
    identchars = f"{mininet.cli.CLI.identchars}-."

    def precmd(self, line: str) -> str:
        """Keep the hosts current."""
        self.mn.refresh()
        return line

    def do_pingall(self, _line: str) -> None:
        """Every pod pings every other pod once."""
        pods = [guest for guest in self.mn.hosts if "-" in guest.name]
        lost = 0
        for source in pods:
            answered = []
            for target in pods:
                if target is not source:
                    reached = " 0% packet loss" in source.cmd(f"ping -c 1 -W 3 {target.IP()}")
                    answered.append(target.name if reached else "X")
                    lost += not reached
            mininet.log.output(f"{source.name} -> {' '.join(answered)}\n")
        mininet.log.output(f"*** {lost} of {len(pods) * (len(pods) - 1)} lost\n")


def _address(node: dict[str, Any]) -> str | None:
    addresses = node.get("status", {}).get("addresses") or ()
    return next((entry["address"] for entry in addresses if entry["type"] == "InternalIP"), None)
