"""What ``kubectl get`` shows: the server, not kubectl, decides the columns of a kind and what stands in them.

Columns and words are those of Kubernetes' own printers, so that people read what they know. Rows are made from the
bytes of the store when they are asked for, since ages change with time.
"""
