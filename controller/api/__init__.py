"""The objects that controller, daemon and every client of the API speak of, as typed and immutable values.

Only the fields that the project reads or writes are typed; whatever else a real Kubernetes sends is skipped while
decoding, so an object costs a few hundred bytes and none of it is tracked by the garbage collector (frozen structs,
``gc=False`` and tuples: all three are needed for that).
"""
