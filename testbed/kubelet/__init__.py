"""Plays the kubelet for some emulated nodes: from a pod that was scheduled to one that runs, and its status back."""
