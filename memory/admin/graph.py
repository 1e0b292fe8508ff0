"""What a memory is linked to, as a picture: the geometry of `templates/admin/memory/graph.html`.

The memory stands in the middle. What points to it is on its left, what it points to on its right, each on a line of
its own, and beyond each what that one is linked to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from memory.admin.cells import address_of, excerpt
from memory.links.neighbours import Neighbour
from memory.models import Memory

ROW = 30
"""The height of a line."""
GAP, TEXT, STEP = 120, 205, 42
"""Widths: from the middle to the near ones, of a name, and from a name to the far ones."""
MARGIN = 14
MOST_NEAR, MOST_FAR = 8, 3
"""Of each side, and of each near one."""
NAME, WORD = 28, 13
"""Characters."""


@dataclass(frozen=True)
class Direct:
    """A memory at the other end of a link."""

    word: str
    """What the link is called."""
    is_out: bool
    """The link points to that memory."""


@dataclass(frozen=True)
class Node:
    x: float
    y: float
    text_x: float
    anchor: str
    """Which end of the name is at `text_x`: `start` or `end`."""
    name: str
    told: str
    url: str
    is_near: bool


@dataclass(frozen=True)
class Edge:
    path: str
    """As SVG draws it."""
    width: float
    word: str = ""
    word_x: float = 0
    word_y: float = 0
    anchor: str = ""


@dataclass(frozen=True)
class Graph:
    width: int
    height: int
    x: int
    """Of the memory itself."""
    y: float
    nodes: Sequence[Node]
    edges: Sequence[Edge]
    told: str


@dataclass(frozen=True)
class Limb:
    """A near memory with the far ones beyond it."""

    near: Neighbour
    far: Sequence[Neighbour]

    @property
    def rows(self) -> int:
        return max(1, len(self.far))


def graph_of(found: Sequence[Neighbour], direct: Mapping[UUID, Direct]) -> Graph | None:
    """`direct`: how the nearest are linked. None where it is linked to nothing."""
    near = [each for each in found if each.hops == 1 and each.memory.id in direct]
    sides = {
        is_out: [_limb(each, found) for each in near if direct[each.memory.id].is_out is is_out][:MOST_NEAR]
        for is_out in (False, True)
    }
    if not near:
        return None
    half = MARGIN + TEXT + STEP + TEXT + GAP
    x = half if sides[False] else MARGIN
    height = ROW * max(sum(limb.rows for limb in limbs) for limbs in sides.values()) + MARGIN
    nodes: list[Node] = []
    edges: list[Edge] = []
    for is_out, limbs in sides.items():
        _draw(limbs, direct, nodes, edges, x=x, height=height, sign=1 if is_out else -1)
    return Graph(
        width=x + (half if sides[True] else MARGIN),
        height=height,
        x=x,
        y=height / 2,
        nodes=nodes,
        edges=edges,
        told=f"Linked to {_memories(sum(node.is_near for node in nodes))}, and over them to "
        f"{_memories(sum(not node.is_near for node in nodes))}.",
    )


def _limb(near: Neighbour, found: Sequence[Neighbour]) -> Limb:
    beyond = [each for each in found if each.hops == 2 and each.path[1] == near.memory.id]
    return Limb(near, beyond[:MOST_FAR])


def _draw(
    limbs: Sequence[Limb],
    direct: Mapping[UUID, Direct],
    nodes: list[Node],
    edges: list[Edge],
    *,
    x: int,
    height: int,
    sign: int,
) -> None:
    top = (height - ROW * sum(limb.rows for limb in limbs)) / 2
    anchor = "start" if sign > 0 else "end"
    near_x, far_x = x + sign * GAP, x + sign * (GAP + TEXT + STEP)
    for limb in limbs:
        y = top + ROW * limb.rows / 2
        word = excerpt(direct[limb.near.memory.id].word, WORD)
        curve = _curve(x, height / 2, near_x, y)
        edges.append(Edge(curve, _width(limb.near), word, near_x - sign * 12, y - 6, "end" if sign > 0 else "start"))
        nodes.append(_node(limb.near.memory, near_x, y, sign, anchor, is_near=True))
        for place, each in enumerate(limb.far):
            far_y = top + ROW * (place + 0.5)
            edges.append(Edge(_curve(near_x + sign * TEXT, y, far_x, far_y), _width(each)))
            nodes.append(_node(each.memory, far_x, far_y, sign, anchor, is_near=False))
        top += ROW * limb.rows


def _node(memory: Memory, x: float, y: float, sign: int, anchor: str, *, is_near: bool) -> Node:
    told = excerpt(memory.content)
    return Node(x, y, x + sign * 13, anchor, excerpt(memory.content, NAME), told, address_of(memory.id), is_near)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    middle = (x1 + x2) / 2
    return f"M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def _width(neighbour: Neighbour) -> float:
    return round(1 + 1.5 * neighbour.weight, 2)


def _memories(number: int) -> str:
    return "1 memory" if number == 1 else f"{number or 'no'} memories"
