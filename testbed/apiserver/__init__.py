"""A Kubernetes API server for emulated clusters: objects in the REST format that kubectl and every client speak.

A process of its own (``python -m testbed.apiserver``) that can be killed like anything else: a revision is in its
journal before it is answered. It knows no types, only structural schemas as data and one walker over them.
"""
