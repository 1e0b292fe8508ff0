"""Where one version of a JSON Schema takes less than the version before it gave: a walk through both, side by side.

Combined schemas (`anyOf`, `allOf`, …) are compared part by part, and what that does not settle counts as a difference.
By convention two things are none, though a strict reader would object: a new optional property where others were free,
and a new property of an output that was said to be complete.
"""

from collections.abc import Iterator
from typing import Any

from accounts.errors import Fault
from registry.schemas.pair import NOTHING, Node, Pair, Versions, assertions
from registry.schemas.rules import local_findings
from registry.schemas.tree import Place, Schema

MOST_PAIRS = 5_000
DEEPEST = 60

_UNSETTLED = "This changed, and it cannot be shown that nothing breaks."
_TOO_LARGE = "This changed, and it is too large to compare part by part."
# Each group is one statement about a value; it may go, but not come or change.
_WHOLE_GROUPS = (
    ("not",),
    ("if", "then", "else"),
    ("contains", "minContains", "maxContains"),
    ("dependentRequired",),
    ("dependentSchemas",),
    ("propertyNames",),
)


def differences(path: str, before: Schema, after: Schema, *, is_input: bool) -> list[Fault]:
    """Every place where something that may be given is not taken; `path` is that of the schema in a version's body."""
    comparison = _Comparison(Versions(before, after, is_input=is_input))
    return list(dict.fromkeys(comparison.faults(Place(path), before, after, 0)))


class _Comparison:
    def __init__(self, versions: Versions) -> None:
        self._versions = versions
        self._faults: dict[tuple[int, int], list[Fault]] = {}

    def faults(self, place: Place, before: Schema, after: Schema, depth: int) -> list[Fault]:
        if self._versions.are_same(before, after):
            return []
        pair = self._versions.pair(place, before, after)
        key = (id(pair.before), id(pair.after))
        if key not in self._faults:
            if depth > DEEPEST or len(self._faults) > MOST_PAIRS:
                return [Fault(str(place), _TOO_LARGE)]
            # A pair that meets itself further down is fine if the rest is.
            self._faults[key] = []
            self._faults[key] = list(self._compare(pair, depth))
        return self._faults[key]

    def _compare(self, pair: Pair, depth: int) -> Iterator[Fault]:
        if pair.given == NOTHING:
            return
        if pair.taken == NOTHING:
            change = "Nothing is taken here any more." if pair.is_input else "There was never anything here before."
            yield Fault(str(pair.place), change)
        elif (union := _pure_union(pair.given)) and union not in pair.taken:
            for index, branch in enumerate(pair.given[union]):
                yield from self._faults_of(pair, (union, index), branch, pair.taken, depth)
        elif not self._conjunct_suffices(pair, depth):
            yield from (Fault(str(pair.place.at(*steps)), sentence) for steps, sentence in local_findings(pair))
            for part in (self._properties, self._other_properties, self._patterns, self._items, self._combined):
                yield from part(pair, depth)
            yield from self._whole_groups(pair)

    def _conjunct_suffices(self, pair: Pair, depth: int) -> bool:
        """Whether one part of a given `allOf` promises all that is taken, so that the rest does not matter."""
        parts = [] if "allOf" in pair.taken else pair.given.get("allOf", [])
        return any(not self._faults_of(pair, ("allOf",), part, pair.taken, depth) for part in parts)

    def _faults_of(
        self, pair: Pair, steps: tuple[str | int, ...], given: Schema, taken: Schema, depth: int
    ) -> list[Fault]:
        before, after = (given, taken) if pair.is_input else (taken, given)
        return self.faults(pair.place.at(*steps), before, after, depth + 1)

    def _properties(self, pair: Pair, depth: int) -> Iterator[Fault]:
        before, after = pair.before.get("properties", {}), pair.after.get("properties", {})
        for name, schema in before.items():
            place = pair.place.at("properties", name)
            if name in after:
                yield from self.faults(place, schema, after[name], depth + 1)
            elif not pair.is_input or _others(pair.after) is False:
                yield Fault(str(place), "This property is gone.")
            else:
                yield from self.faults(place, schema, _others(pair.after), depth + 1)
        if not _may_grow(pair.before):
            for name in after.keys() - before.keys():
                place = pair.place.at("properties", name)
                yield from self.faults(place, _others(pair.before), after[name], depth + 1)

    def _other_properties(self, pair: Pair, depth: int) -> Iterator[Fault]:
        given, taken = _others(pair.given), _others(pair.taken)
        if taken is False:
            # By convention an output may grow, also when it was said to be complete.
            if given is not False and pair.is_input:
                yield Fault(str(pair.place.at("additionalProperties")), "Other properties are refused now.")
        else:
            yield from self._faults_of(pair, ("additionalProperties",), given, taken, depth)

    def _patterns(self, pair: Pair, depth: int) -> Iterator[Fault]:
        given, taken = pair.given.get("patternProperties", {}), pair.taken.get("patternProperties", {})
        for pattern, schema in taken.items():
            yield from self._faults_of(
                pair, ("patternProperties", pattern), given.get(pattern, _others(pair.given)), schema, depth
            )
        if _others(pair.taken) is False and not pair.is_input:
            return
        for pattern in given.keys() - taken.keys():
            yield from self._faults_of(pair, ("patternProperties", pattern), given[pattern], _others(pair.taken), depth)

    def _items(self, pair: Pair, depth: int) -> Iterator[Fault]:
        before, after = pair.before.get("prefixItems", []), pair.after.get("prefixItems", [])
        rest_before, rest_after = _other_items(pair.before), _other_items(pair.after)
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else rest_before
            new = after[index] if index < len(after) else rest_after
            yield from self.faults(pair.place.at("prefixItems", index), old, new, depth + 1)
        yield from self.faults(pair.place.at("items"), rest_before, rest_after, depth + 1)

    def _combined(self, pair: Pair, depth: int) -> Iterator[Fault]:
        for keyword in ("anyOf", "oneOf"):
            if keyword in pair.taken:
                given = pair.given.get(keyword, [pair.given])
                yield from self._alternatives(pair, keyword, given, pair.taken[keyword], depth)
        given = pair.given.get("allOf", [])
        for index, conjunct in enumerate(pair.taken.get("allOf", [])):
            # One of the given ones has to promise as much; if none does, the nearest says what is missing.
            nearest = given[index] if index < len(given) else pair.given
            found = self._faults_of(pair, ("allOf", index), nearest, conjunct, depth)
            if found and not any(
                not self._faults_of(pair, ("allOf", index), other, conjunct, depth) for other in given
            ):
                yield from found

    def _alternatives(
        self, pair: Pair, keyword: str, given: list[Any], taken: list[Any], depth: int
    ) -> Iterator[Fault]:
        """Every given alternative has to be one that is taken, in whatever order."""
        for index, alternative in enumerate(given):
            nearest = taken[index] if index < len(taken) else taken[-1]
            found = self._faults_of(pair, (keyword, index), alternative, nearest, depth)
            if found and not any(
                not self._faults_of(pair, (keyword, index), alternative, other, depth) for other in taken
            ):
                yield from found if len(given) == len(taken) else [Fault(str(pair.place.at(keyword)), _UNSETTLED)]

    def _whole_groups(self, pair: Pair) -> Iterator[Fault]:
        for group in _WHOLE_GROUPS:
            given, taken = _part(pair.given, group), _part(pair.taken, group)
            if taken and not self._versions.are_same(*((given, taken) if pair.is_input else (taken, given))):
                yield Fault(str(pair.place.at(next(iter(taken)))), _UNSETTLED)


def _pure_union(node: Node) -> str:
    """`anyOf` or `oneOf`, when that is all that the schema says."""
    said = assertions(node)
    return next(iter(said)) if said in ({"anyOf"}, {"oneOf"}) else ""


def _may_grow(node: Node) -> bool:
    """Whether this describes an object whose further properties were left open: a new one is no surprise."""
    describes = "properties" in node or node.get("type") == "object"
    return describes and not isinstance(_others(node), dict)


def _part(node: Node, keywords: tuple[str, ...]) -> Node:
    return {keyword: node[keyword] for keyword in keywords if keyword in node}


def _others(node: Node) -> Schema:
    """What holds for properties that no keyword names."""
    return _first(node, "additionalProperties", "unevaluatedProperties")


def _other_items(node: Node) -> Schema:
    return _first(node, "items", "unevaluatedItems")


def _first(node: Node, *keywords: str) -> Schema:
    return next((node[keyword] for keyword in keywords if keyword in node), True)
