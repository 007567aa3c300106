"""Kinds of pod: how a pod is made on an emulated node, and what the daemon has to know to plug it.

`live` is a network namespace with a veth; `stub` is a port without a device, which OVN treats as it would a real one.
A further kind is one more module here, with a `KIND` for the kubelet and a `PLUG` for the daemon.
"""
