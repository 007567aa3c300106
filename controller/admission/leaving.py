"""How a subnet may not leave the cluster: by nodes under what is no address, by a gateway that it cannot reach."""

from collections.abc import Iterator

from controller.admission.cause import Cause, forbidden, invalid, required
from controller.api.addresses import Address, InvalidAddress, parse_address, version_of
from controller.api.gateway_links import KERNELS_OWN, named_nodes
from controller.api.kubeovn import Subnet


def ways(new: Subnet) -> Iterator[Cause]:
    """What speaks against the nodes and gateways that a subnet names."""
    yield from _nodes(new)
    if new.spec.external_egress_gateway:
        yield from _beyond(new)


def _nodes(new: Subnet) -> Iterator[Cause]:
    """Nodes, each alone or with the address under which its packets leave: ``NODE:ADDRESS``."""
    seen: set[tuple[str, int]] = set()
    for node, text in named_nodes(new.spec.gateway_node):
        if not text:
            continue
        address = _address("spec.gatewayNode", text)
        if isinstance(address, Cause):
            yield address
        elif (node, address.version) in seen:
            yield invalid("spec.gatewayNode", text, f"one address of each family for node {node}")
        else:
            seen.add((node, address.version))


def _beyond(new: Subnet) -> Iterator[Cause]:
    spec = new.spec
    field = "spec.externalEgressGateway"
    if spec.nat_outgoing:
        yield forbidden(field, "natOutgoing and externalEgressGateway exclude each other")
    own = {version_of(text) for text in spec.cidr_block.split(",")}
    seen: set[int] = set()
    for text in spec.external_egress_gateway.split(","):
        address = _address(field, text.strip())
        if isinstance(address, Cause):
            yield address
        elif address.version not in own or address.version in seen:
            yield invalid(field, text.strip(), f"one address of each family of {spec.cidr_block}")
        else:
            seen.add(address.version)
    if spec.policy_routing_table_id in KERNELS_OWN:
        numbers = ", ".join(map(str, KERNELS_OWN))
        yield required("spec.policyRoutingTableID", f"the number of a table of its own: none of {numbers}")
    if not spec.policy_routing_priority:
        yield required("spec.policyRoutingPriority", "the place of its rule, 1 to 32765")


def _address(field: str, text: str) -> Address | Cause:
    try:
        return parse_address(text)
    except InvalidAddress as error:
        return invalid(field, text, error.allowed)
