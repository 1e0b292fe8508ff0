"""The drawn trees, the reference page and `/docs/errors` say what the classes say."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType

import pytest

import accounts.errors
import integrations.errors
import memory.errors
import registry.errors
import webhooks.errors
from accounts.errors import QuartermasterError
from config.error_page import error_classes
from tests.docs.pages import plain, rows

PAGE = "docs/reference/errors.md"
DRAWN = (accounts.errors, integrations.errors, registry.errors, webhooks.errors, memory.errors)

_NODE = re.compile(r"(?P<indent>[│ ├└─]*)(?P<name>[A-Z]\w+)(?: +(?P<status>\d{3}) +(?P<code>[a-z_]+))?")


@dataclass(frozen=True)
class Node:
    name: str
    parent: str
    policy: tuple[int, str] | None
    """None: a class of a lower floor, drawn to show where the branch grows."""


def drawing(module: ModuleType) -> Iterator[Node]:
    above: list[str] = []
    for line in (module.__doc__ or "").splitlines():
        match = _NODE.match(line)
        if match is None or not (above or match["name"] == "QuartermasterError"):
            continue
        depth = len(match["indent"]) // 4
        del above[depth:]
        if above:
            policy = (int(match["status"]), match["code"]) if match["status"] else None
            yield Node(match["name"], above[-1], policy)
        above.append(match["name"])


def own_classes(module: ModuleType) -> dict[str, type[QuartermasterError]]:
    return {kind.__name__: kind for kind in error_classes() if kind.__module__ == module.__name__}


@pytest.mark.parametrize("module", DRAWN, ids=lambda module: module.__name__)
def test_it_draws_each_class_where_it_stands(module: ModuleType) -> None:
    drawn = {(node.name, node.parent, *node.policy) for node in drawing(module) if node.policy}
    written = {
        (kind.__name__, kind.__bases__[0].__name__, kind.status, kind.code) for kind in own_classes(module).values()
    }
    assert drawn == written


@pytest.mark.parametrize("module", DRAWN, ids=lambda module: module.__name__)
def test_it_draws_the_branches_of_lower_floors_as_they_are(module: ModuleType) -> None:
    known = {kind.__name__: kind for kind in error_classes()}
    others = [node for node in drawing(module) if node.policy is None]
    assert {(node.name, node.parent) for node in others} == {
        (node.name, known[node.name].__bases__[0].__name__) for node in others
    }


def test_it_knows_of_every_file_of_errors() -> None:
    assert {kind.__module__ for kind in error_classes()} == {module.__name__ for module in DRAWN}


def test_it_lists_every_class_with_its_code_and_status() -> None:
    documented = [
        (plain(row["Class"]), plain(row["Code"]), int(row["Status"]), row["May pass"] == "yes")
        for row in rows(PAGE, "## All of them")
    ]
    assert sorted(documented) == sorted(
        (kind.__name__, kind.code, kind.status, kind.retryable) for kind in error_classes()
    )


def test_it_gives_every_code_one_status() -> None:
    pairs = {(kind.code, kind.status) for kind in error_classes()}
    assert len(pairs) == len({code for code, _ in pairs})


def test_it_has_a_message_for_every_class_that_is_a_sentence() -> None:
    """Written for whoever reads the answer: what happened, and what to do next."""
    for kind in error_classes():
        assert re.fullmatch(r"[A-Z`].*[.`]", inspect.getdoc(kind) or ""), kind.__name__
