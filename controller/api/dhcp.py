"""DHCP options as Kube-OVN's users write them on a subnet."""


def parse_options(text: str) -> dict[str, str]:
    """Reads ``lease_time=3600,router=10.0.0.1``; raises ``ValueError`` with the part that is no pair."""
    found = {}
    for part in filter(None, (entry.strip() for entry in text.split(","))):
        name, equals, value = part.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise ValueError(part)
        found[name.strip()] = value.strip()
    return found
