"""What a subnet may not say by DHCP and router advertisements: what no client or OVN itself would understand."""

from collections.abc import Iterator

from controller.admission.cause import Cause, invalid
from controller.api import dhcp
from controller.api.kubeovn import Subnet


def of_subnet(new: Subnet) -> Iterator[Cause]:
    """What speaks against the options of a subnet."""
    for field, text, read in (
        ("spec.dhcpV4Options", new.spec.dhcp_v4_options, dhcp.v4_options),
        ("spec.dhcpV6Options", new.spec.dhcp_v6_options, dhcp.v6_options),
        ("spec.ipv6RAConfigs", new.spec.ipv6_ra_configs, dhcp.advertisements),
    ):
        try:
            read(text)
        except dhcp.InvalidOption as error:
            yield invalid(field, error.found, error.allowed)
