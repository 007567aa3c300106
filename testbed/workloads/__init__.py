"""Plays kube-scheduler and kube-controller-manager: each rule a pure function from objects to the writes they need."""
