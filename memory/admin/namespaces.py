"""The tree of namespaces beside the list of memories: the way down to where one is, and what lies there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from accounts.caller import Caller
from accounts.errors import Invalid
from memory.namespaces import EVERYWHERE, read_subtree
from memory.tree import child_namespaces

SHOWN = 50
"""Namespaces at once; the rest is a link away."""

Address: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class Branch:
    name: str
    url: str
    depth: int
    count: int | None = None


@dataclass(frozen=True)
class Tree:
    path: str
    """Where one is; empty: everywhere."""
    above: Sequence[Branch]
    """From everywhere down to where one is, that included."""
    children: Sequence[Branch]
    here: int
    """Memories in the namespace itself."""
    more_url: str = ""


def subtree_in(text: str) -> str:
    """What an address says, where it is a namespace; else everywhere."""
    try:
        return read_subtree(text)
    except Invalid:
        return EVERYWHERE


def steps(namespace: str) -> list[tuple[str, str]]:
    """Its parts, each with the namespace that ends with it."""
    parts = namespace.split("/")[:-1]
    return [(part, "/".join(parts[: depth + 1]) + "/") for depth, part in enumerate(parts)]


def tree_of(caller: Caller, path: str, *, after: str, address: Address, more: Address) -> Tree:
    """`address`: of the list below a namespace; `more`: of this tree from behind a namespace on. One query."""
    counts = child_namespaces(by=caller, under=path, after=after, most=SHOWN + 1)
    here = counts.pop(path, 0)
    shown = list(counts.items())[:SHOWN]
    down = steps(path)
    return Tree(
        path=path,
        above=[
            Branch("Everywhere", address(EVERYWHERE), 0),
            *(Branch(f"{part}/", address(each), depth) for depth, (part, each) in enumerate(down, start=1)),
        ],
        children=[Branch(each.removeprefix(path), address(each), len(down) + 1, count) for each, count in shown],
        here=here,
        more_url=more(shown[-1][0]) if len(counts) > SHOWN else "",
    )
