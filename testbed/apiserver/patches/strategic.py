"""Strategic merge patch: a merge patch that knows by which field the elements of a list are told apart.

Directives: ``$patch`` (replace, delete, merge), ``$deleteFromPrimitiveList/FIELD``, ``$setElementOrder/FIELD``,
``$retainKeys``. Rules:
https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from testbed.apiserver.status import bad_request
from testbed.apiserver.structure import MAX_DEPTH

Document = dict[str, Any]
Schema = Mapping[str, Any]

_KEY = "x-kubernetes-patch-merge-key"
_STRATEGY = "x-kubernetes-patch-strategy"
_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_FROM = "$deleteFromPrimitiveList/"
_ORDER = "$setElementOrder/"


class Merging:
    """Merges by the schemas of ``definitions``, which say how each list is merged."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def merged(self, target: Any, patch: Document, schema: Schema, depth: int = 0) -> Document:
        """``target`` with ``patch`` applied; what the patch does not touch is shared. Raises ``ApiError`` 400."""
        if depth > MAX_DEPTH:
            raise bad_request(f"patch is nested too deeply, allowed {MAX_DEPTH} levels")
        result: Document = dict(target) if isinstance(target, dict) else {}
        directive = patch.get(_DIRECTIVE)
        if directive == "replace":
            return {key: value for key, value in patch.items() if key != _DIRECTIVE}
        if directive == "delete":
            return {}
        if directive not in (None, "merge"):
            raise bad_request(f"$patch: found {directive!r}, allowed replace, delete, merge")
        if _RETAIN in patch:
            kept = set(_elements(patch, _RETAIN))
            result = {key: value for key, value in result.items() if key in kept}
        properties = self._resolved(schema)
        for key, value in patch.items():
            if key.startswith(_FROM):
                name, gone = key.removeprefix(_FROM), _elements(patch, key)
                if isinstance(result.get(name), list):
                    result[name] = [each for each in result[name] if each not in gone]
            elif not key.startswith("$"):
                self._member(result, key, value, self._child(properties, key), depth)
        for key in patch:
            if key.startswith(_ORDER):
                name = key.removeprefix(_ORDER)
                if isinstance(result.get(name), list):
                    merge_key = self._child(properties, name).get(_KEY, "")
                    result[name] = _ordered(result[name], _elements(patch, key), merge_key)
        return result

    def _member(self, result: Document, key: str, value: Any, schema: Schema, depth: int) -> None:
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            merged = self.merged(result.get(key), value, schema, depth + 1)
            if value.get(_DIRECTIVE) == "delete":
                result.pop(key, None)
            else:
                result[key] = merged
        elif isinstance(value, list) and "merge" in str(schema.get(_STRATEGY, "")).split(","):
            result[key] = self._list(result.get(key), value, schema, depth)
        else:
            result[key] = [each for each in value if not _is_directive(each)] if _is_list(value) else value

    def _list(self, present: Any, patch: list[Any], schema: Schema, depth: int) -> list[Any]:
        merge_key = schema.get(_KEY)
        found = list(present) if isinstance(present, list) else []
        if not merge_key:
            return found + [each for each in patch if each not in found]
        if any(_is_directive(each) and each[_DIRECTIVE] == "replace" and len(each) == 1 for each in patch):
            return [each for each in patch if not _is_directive(each)]
        items = schema.get("items", {})
        for each in patch:
            if not isinstance(each, dict) or merge_key not in each:
                raise bad_request(f"the patch has an element of a list without its merge key {merge_key!r}")
            place = next(
                (
                    position
                    for position, other in enumerate(found)
                    if isinstance(other, dict) and other.get(merge_key) == each[merge_key]
                ),
                None,
            )
            if each.get(_DIRECTIVE) == "delete":
                found = [other for other in found if other.get(merge_key) != each[merge_key]]
            elif place is None:
                found.append(self.merged({}, each, items, depth + 1))
            else:
                found[place] = self.merged(found[place], each, items, depth + 1)
        return found

    def _resolved(self, schema: Schema) -> Schema:
        name = schema.get("$ref")
        found: Schema = self._definitions.get(str(name), schema)
        return found

    def _child(self, schema: Schema, key: str) -> Schema:
        found = schema.get("properties", {}).get(key)
        if found is None:
            values = schema.get("additionalProperties")
            found = values if isinstance(values, Mapping) else {}
        return found if isinstance(found, Mapping) else {}


def _is_directive(each: Any) -> bool:
    return isinstance(each, dict) and _DIRECTIVE in each


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _elements(patch: Document, key: str) -> list[Any]:
    found = patch[key]
    if not isinstance(found, list):
        raise bad_request(f"{key}: allowed a list")
    return found


def _ordered(found: list[Any], order: list[Any], merge_key: str) -> list[Any]:
    """Elements named in ``order`` in that order; others stay behind the neighbour that they followed."""

    def name(each: Any) -> Any:
        return each.get(merge_key) if merge_key and isinstance(each, dict) else each

    places = {str(name(each)): position for position, each in enumerate(order)}
    named = sorted(
        (each for each in found if str(name(each)) in places), key=lambda each: places[str(name(each))]
    )
    result: list[Any] = []
    remaining = iter(named)
    for each in found:
        result.append(next(remaining) if str(name(each)) in places else each)
    return result
