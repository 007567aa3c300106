"""The rules by which a subnet's packets are translated are the nodes' work; here the subnet says which are in force."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from controller.api.kinds import SUBNETS
from controller.api.kubeovn import NatOutgoingPolicyRule, Subnet
from controller.engine.fragment import Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View

ID_DIGITS = 12


@reconciler("nat-rules", SUBNETS)
def in_force(subnet: Subnet, view: View) -> Fragment:
    """Each rule with a name of its own, as long as the subnet is translated at all."""
    stated = subnet.spec.nat_outgoing_policy_rules if subnet.spec.nat_outgoing else ()
    found = [_named(subnet.name, number, rule) for number, rule in enumerate(stated)]
    return Fragment(status={"natOutgoingPolicyRules": found})


def _named(subnet: str, number: int, rule: NatOutgoingPolicyRule) -> dict[str, Any]:
    content = msgspec.json.encode(rule)
    digest = hashlib.sha256(b"%s/%d/%s" % (subnet.encode(), number, content)).hexdigest()
    return {**msgspec.json.decode(content), "ruleID": digest[:ID_DIGITS]}
