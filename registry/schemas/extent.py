"""How large a JSON Schema is with its references followed: a few lines can stand for millions."""

from collections import Counter

from registry.schemas.tree import Place, Schema, resolve, walk

MOST_REFERENCES = 300
"""How many different places a schema may refer to."""
DEEPEST = 1_000
"""How many subschemas may stand inside one another when each reference is followed once."""
LARGEST_UNROLLED = 100_000
"""How many subschemas there may be when each reference is replaced by what it names, recursion left out."""


class Extent:
    """The sizes of a schema's parts: the root, and each place referred to. Every reference must name a schema."""

    def __init__(self, root: Schema) -> None:
        self.sizes: dict[str, int] = {}
        self.depths: dict[str, int] = {}
        self.references: dict[str, Counter[str]] = {}
        waiting = ["#"]
        while waiting and len(self.sizes) <= MOST_REFERENCES and sum(self.sizes.values()) <= LARGEST_UNROLLED:
            part = waiting.pop()
            if part not in self.sizes:
                self._measure(part, resolve(root, part))
                waiting += self.references[part]

    def _measure(self, part: str, schema: Schema | None) -> None:
        inside = list(walk(schema if schema is not None else True, Place(part)))
        self.sizes[part] = max(len(inside), 1)
        self.depths[part] = max((depth for _, _, depth in inside), default=1)
        self.references[part] = Counter(one["$ref"] for _, one, _ in inside if "$ref" in one)

    def excess(self) -> str:
        """A sentence that says why this is too much to apply; empty when it is not."""
        if len(self.sizes) > MOST_REFERENCES:
            return f"This schema refers to more than {MOST_REFERENCES} places. Describe less in it."
        if sum(self.depths.values()) > DEEPEST:
            return f"With its references followed, this schema is nested more than {DEEPEST:,} deep."
        if sum(self.sizes.values()) > LARGEST_UNROLLED or self.unrolled() > LARGEST_UNROLLED:
            return f"With its references followed, this schema has more than {LARGEST_UNROLLED:,} parts."
        return ""

    def unrolled(self) -> int:
        """The number of subschemas, a part counted once for each time it is reached; parts in a circle once."""
        total: dict[str, int] = {}
        for circle in self._circles():
            size = sum(self.sizes[part] for part in circle)
            for part in circle:
                outside = self.references[part].items()
                size += sum(times * total[target] for target, times in outside if target not in circle)
            total.update(dict.fromkeys(circle, size))
        return total["#"]

    def branching(self) -> int:
        """How many times the parts of a circle refer to each other, at most: above 1, each level multiplies ways."""
        return max(
            sum(times for part in circle for target, times in self.references[part].items() if target in circle)
            for circle in self._circles()
        )

    def _circles(self) -> list[set[str]]:
        """The strongly connected components, what is referred to before what refers to it (Tarjan 1972)."""
        order: dict[str, int] = {}
        lowest: dict[str, int] = {}
        stack: list[str] = []
        circles: list[set[str]] = []

        def visit(part: str) -> None:
            order[part] = lowest[part] = len(order)
            stack.append(part)
            for target in self.references[part]:
                if target not in order:
                    visit(target)
                    lowest[part] = min(lowest[part], lowest[target])
                elif target in stack:
                    lowest[part] = min(lowest[part], order[target])
            if lowest[part] == order[part]:
                at = stack.index(part)
                circles.append(set(stack[at:]))
                del stack[at:]

        visit("#")
        return circles
