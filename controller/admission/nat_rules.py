"""What the rules may not be by which a subnet's packets are translated: of no address, or of ends that never meet."""

from collections.abc import Iterator, Sequence

from controller.admission.cause import Cause, invalid, required
from controller.api.addresses import InvalidAddress, Network, parse_address, parse_network
from controller.api.kubeovn import NatOutgoingPolicyRule, Subnet


def of_subnet(new: Subnet, blocks: Sequence[Network]) -> Iterator[Cause]:
    """What speaks against the rules of a subnet; ``blocks`` are its networks."""
    own = {block.version for block in blocks}
    for position, rule in enumerate(new.spec.nat_outgoing_policy_rules):
        field = f"spec.natOutgoingPolicyRules[{position}]"
        if not rule.action:
            yield required(f"{field}.action", "nat or forward")
        yield from _ends(field, rule, own)


def _ends(field: str, rule: NatOutgoingPolicyRule, own: set[int]) -> Iterator[Cause]:
    possible = own
    for end, text in (("srcIPs", rule.match.src_ips), ("dstIPs", rule.match.dst_ips)):
        found: set[int] = set()
        faults: list[Cause] = []
        for part in filter(None, (entry.strip() for entry in text.split(","))):
            try:
                found.add((parse_network(part) if "/" in part else parse_address(part)).version)
            except InvalidAddress as error:
                faults.append(invalid(f"{field}.match.{end}", part, error.allowed))
        yield from faults
        if found and not faults and not found & possible:
            families = " or ".join(f"IPv{version}" for version in sorted(possible))
            yield invalid(
                f"{field}.match.{end}", text, f"addresses of {families}, or no packet would ever match"
            )
        possible = possible & found or possible
