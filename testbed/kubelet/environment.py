"""The environment and the command line of a container: pure.

`$(NAME)` stands for a variable that is defined before it, `$$` for a dollar sign; a name that is not defined stays as
it is. Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#environment-variables
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from testbed.kubelet.podspec import Container, Pod

_REFERENCE = re.compile(r"\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)")
_KEYED = re.compile(r"metadata\.(labels|annotations)\['([^']*)'\]")


def variables(pod: Pod, container: Container, ips: str, host_ip: str) -> dict[str, str]:
    """A container's variables, those that the pod's fields give among them.

    Args:
        pod: whose.
        container: whose.
        ips: the pod's addresses, joined by a comma.
        host_ip: its node's address.
    """
    found = {"HOSTNAME": hostname(pod)}
    for entry in container.env:
        if entry.value_from is None:
            found[entry.name] = expanded(entry.value, found)
        elif entry.value_from.field_ref is not None:
            found[entry.name] = _field(pod, entry.value_from.field_ref.field_path, ips, host_ip)
    return {name: value.replace("\0", "") for name, value in found.items() if name and "=" not in name}


def command_line(container: Container, known: Mapping[str, str]) -> tuple[str, ...]:
    """What a container runs: its command and arguments, or its arguments alone; empty when it names none."""
    return tuple(expanded(word, known) for word in (*container.command, *container.args))


def hostname(pod: Pod) -> str:
    """The host name that a pod sees."""
    return (pod.spec.hostname or pod.name)[:63]


def expanded(text: str, known: Mapping[str, str]) -> str:
    """`text` with its references to variables replaced."""
    if "$" not in text:
        return text

    def value(match: re.Match[str]) -> str:
        name = match[1]
        return "$" if name is None else known.get(name, match[0])

    return _REFERENCE.sub(value, text)


def _field(pod: Pod, path: str, ips: str, host_ip: str) -> str:
    keyed = _KEYED.fullmatch(path)
    if keyed:
        values = pod.metadata.labels if keyed[1] == "labels" else pod.annotations
        return values.get(keyed[2], "")
    known: Mapping[str, Callable[[], str]] = {
        "metadata.name": lambda: pod.name,
        "metadata.namespace": lambda: pod.namespace,
        "metadata.uid": lambda: pod.metadata.uid,
        "spec.nodeName": lambda: pod.spec.node_name,
        "spec.serviceAccountName": lambda: pod.spec.service_account_name or "default",
        "status.podIP": lambda: ips.partition(",")[0],
        "status.podIPs": lambda: ips,
        "status.hostIP": lambda: host_ip,
        "status.hostIPs": lambda: host_ip,
    }
    return known[path]() if path in known else ""
