"""Every audit action that the code can write stands in the reference page, with what its `detail` holds."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

from registry.models.execution import UNFINISHED, Status
from tests.docs.pages import ROOT, code_words, plain, rows

PAGE = "docs/reference/events.md"
APPS = ("accounts", "integrations", "registry", "memory", "webhooks", "config")
THINGS = (
    "tenant",
    "person",
    "agent",
    "key",
    "tool",
    "version",
    "health",
    "execution",
    "cancellation",
    "approval",
    "rule",
    "artifact",
    "breaker",
    "data_key",
    "connection",
    "connect_link",
    "oauth_app",
    "import",
    "imported_connector",
    "embedding_model",
    "memory_import",
    "memory_erasure",
    "namespace_rule",
    "webhook_run",
    "webhook_subscription",
    "webhook_delivery",
    "webhook_source",
    "webhook_secret",
    "webhook_event",
    "webhook_route",
    "memory",
)
"""What something can happen to: the first word of every action."""
# Actions whose last word is the value of a field.
FAMILIES = {"execution.": [str(status) for status in Status if status not in UNFINISHED]}

NO_ACTIONS = {model._meta.label_lower for model in apps.get_models()} | {"memory.limit_in_bytes", "memory.max"}
"""How Django names models, `memory.memorylink`; files of the kernel's control groups."""
_ACTION = re.compile(rf"({'|'.join(THINGS)})\.[a-z_]+")


def nodes() -> Iterator[tuple[Path, ast.AST]]:
    for file in sorted(file for app in APPS for file in (ROOT / app).rglob("*.py")):
        todo: list[ast.AST] = [ast.parse(file.read_text())]
        while todo:
            node = todo.pop()
            yield file, node
            todo += (child for child in ast.iter_child_nodes(node) if not is_field_of_a_serializer(child))


def is_field_of_a_serializer(node: ast.AST) -> bool:
    """`source="agent.slug"` is no action."""
    return isinstance(node, ast.keyword) and node.arg == "source"


def actions_in(node: ast.AST) -> list[str]:
    """The actions that an expression spells out, if any."""
    if isinstance(node, ast.IfExp):
        return [*actions_in(node.body), *actions_in(node.orelse)]
    if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
        family = str(node.values[0].value)
        return [family + word for word in FAMILIES.get(family, [])]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _ACTION.fullmatch(node.value):
        return [node.value] if node.value not in NO_ACTIONS else []
    return []


def written() -> set[str]:
    return {action for _, node in nodes() for action in actions_in(node)}


def details() -> dict[str, set[str]]:
    """What is written with an action, where both stand in one call."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, keywords in calls_with_an_action():
        detail = keywords.get("detail")
        for action in actions_in(keywords["action"]):
            if isinstance(detail, ast.Dict):
                found[action] |= {str(key.value) for key in detail.keys if isinstance(key, ast.Constant)}
    return found


def calls_with_an_action() -> Iterator[tuple[Path, dict[str, ast.expr]]]:
    for file, node in nodes():
        if isinstance(node, ast.Call):
            keywords = {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg}
            if {"action", "subject"} <= keywords.keys():
                yield file, keywords


def test_it_lists_every_action() -> None:
    documented = [plain(row["Action"]) for row in rows(PAGE, "## Actions")]
    assert sorted(documented) == sorted(written())


def test_it_says_what_the_detail_of_each_action_holds() -> None:
    documented = {plain(row["Action"]): set(code_words(row["Detail"])) for row in rows(PAGE, "## Actions")}
    found = details()
    assert {action: documented[action] for action in found} == found


def test_it_knows_every_kind_of_action() -> None:
    """An action of a thing that THINGS does not name would go unseen by the tests above."""
    for file, keywords in calls_with_an_action():
        spelled = keywords["action"]
        assert not isinstance(spelled, ast.Constant) or actions_in(spelled), f"{file}: {ast.unparse(spelled)}"
