"""The node half of the controller: plugs the ports of pods into the node's switch once their address is promised.

A request names a pod; the promise (the annotations that the central half writes) says what it gets. All that a node
is to have is kept as desired ports, and reaches Open vSwitch through one diff and one batching writer a node.
"""
