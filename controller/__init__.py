"""A Kube-OVN-style network controller and its node daemon: everything between the Kubernetes API and OVN."""
