"""A node takes part in the network by a port on the join switch, so that it reaches pods and pods reach it."""

from controller.api.core import Node
from controller.api.kinds import NODES
from controller.api.names import node_port
from controller.engine.fragment import NOTHING, Fragment
from controller.engine.reconciler import reconciler
from controller.engine.view import View
from controller.reconcilers.endpoint import allocation, port_row, promise
from controller.reconcilers.not_carried import unheeded_on_node


@reconciler("node", NODES)
def port(node: Node, view: View) -> Fragment:
    """The node's port on the join switch, by which others' packets pass as well, and the promise to its daemon."""
    found = allocation(node_port(node.name), view)
    if found is None or found[0].spec.namespace:  # A pod's port may be called so as well.
        return NOTHING
    address, subnet = found
    return Fragment(
        rows=(port_row(address, {"node": node.name, "ls": subnet.name}),),
        annotations=promise(address, subnet),
        notices=unheeded_on_node(node),
    )
