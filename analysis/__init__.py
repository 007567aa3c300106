"""Statistics on runs: it reads what runs left behind and never touches a cluster."""
