"""By what names things are looked at: an object, all of a kind, something that is told; and who looks, an owner."""

from __future__ import annotations

Subject = tuple[str, str]
"""A kind's name and an object's path; the path ``*`` stands for all objects of the kind."""

EVERY = "*"

Owner = str
"""``reconciler/path``: one reconciler's answer for one object. It is the tag of the rows in NB."""
