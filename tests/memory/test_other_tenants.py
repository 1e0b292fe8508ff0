"""Every way into memory, tried by another tenant with the ids and namespaces of ours: nothing found, nothing changed.

What there is to be tried is read from the addresses, the tools and the words themselves. One that is new is missing
in the tables below, and fails until it is written there.
"""

import argparse
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command, load_command_class
from django.db.models import Model
from django.urls import URLPattern

from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from memory.api.urls import urlpatterns
from memory.delete import delete_matching, delete_memory
from memory.erasing.begin import begin_erasure
from memory.importing.begin import begin_import
from memory.importing.cancel import cancel_import
from memory.links.create import link
from memory.management.of_tenants import WORDS
from memory.models import EmbeddingModel
from memory.rules.create import create_rule
from memory.tools.functions import ACTIONS
from memory.tools.specs import SPECS
from tests.cast import CASTING
from tests.corridor import Corridor
from tests.memory.doors import Command, Told, Tools
from tests.memory.remembering import agent_caller, remember

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model", "memory_tools", "ours")]

NOT_OF_TENANTS: frozenset[str] = frozenset({"memory-models"})
"""The first parts of addresses that belong to the platform."""


@dataclass(frozen=True)
class Ours:
    """What acme has, by the names that addresses and bodies have for it."""

    ids: Mapping[str, str]
    rows: list[Any] = field(default_factory=list)


@pytest.fixture
def ours(acme: Tenant, scout: Agent, model: EmbeddingModel) -> Ours:
    by = agent_caller(scout, Role.OPERATOR)
    first = remember(acme, "Apollo flies on Monday.", by=by, namespace="projects/apollo", tags=["flight"])
    second = remember(acme, "It was moved by the weather.", by=by, namespace="projects")
    deleted = remember(acme, "Forgotten.", by=by, namespace="projects")
    others = [remember(acme, f"Note {number}", by=by, namespace="notes") for number in range(2)]
    imported = begin_import(
        tenant_id=acme.id, by=by, lines=[b'{"content": "Later."}\n'], namespace="projects", trust="untrusted"
    )
    with within(acme.id):
        # While it goes on, nothing is erased.
        cancel_import(by=by, import_id=imported.id)
        linked = link(by=by, from_id=first.id, to_id=second.id, type="caused_by").link
        ruled = create_rule(tenant_id=acme.id, by=CASTING, namespace="people", access="read")
        erasure = begin_erasure(tenant_id=acme.id, by=CASTING, what="end_user", target="nobody")
        delete_memory(by=CASTING, memory_id=deleted.id)
        deletion = delete_matching(by=CASTING, subtree="notes")
    assert deletion.count == len(others)
    return Ours(
        {
            "memory_id": str(first.id),
            "other_id": str(second.id),
            "deleted_id": str(deleted.id),
            "link_id": str(linked.id),
            "deletion": str(deletion.id),
            "import_id": str(imported.id),
            "erasure_id": str(erasure.id),
            "rule_id": str(ruled.id),
        },
        everything_of(acme),
    )


def everything_of(tenant: Tenant) -> list[tuple[str, Any]]:
    """Every row of memory that the tenant has."""
    found = []
    with within(tenant.id):
        for kind in apps.get_app_config("memory").get_models():
            if any(each.name == "tenant" for each in kind._meta.get_fields()):
                found += [(kind.__name__, row) for row in _rows(kind, tenant)]
    return found


def _rows(kind: type[Model], tenant: Tenant) -> list[Any]:
    rows = kind._default_manager.filter(tenant=tenant).order_by("pk")
    # Sums of counts are folded whenever somebody likes to.
    return list(rows.values("namespace", "number") if kind.__name__ == "MemoryCount" else rows.values())


BODIES: Mapping[str, Any] = {
    "POST memories/{memory_id}/restore/": {},
    "POST memories/{memory_id}/purge/": {},
    "PATCH memories/{memory_id}/": {"content": "Apollo never flies."},
    "POST memories/": {"content": "Ours, too.", "namespace": "projects/apollo"},
    "POST memories/search/": {"query": "Apollo flies on Monday.", "namespace": "projects"},
    "POST memories/delete/": {"filter": {"namespace": "projects"}},
    "POST memories/restore/": {"deletion": "@deletion"},
    "POST memories/purge/": {"filter": {"namespace": "projects"}},
    "POST memory-links/": {"from": "@memory_id", "to": "@other_id", "type": "caused_by"},
    "POST memory-imports/": b'{"content": "Ours, too.", "namespace": "projects/apollo"}\n',
    "POST memory-imports/{import_id}/cancel/": {},
    "POST memory-erasures/": {"what": "namespace", "target": "projects", "dry_run": True},
    "POST namespace-rules/": {"namespace": "projects", "access": "read", "agent": "scout"},
    "PATCH namespace-rules/{rule_id}/": {"access": "write"},
}
"""What is sent where something is sent."""
QUERIES: Mapping[str, Mapping[str, str]] = {
    "GET memories/": {"namespace": "projects"},
    "GET memory-links/": {},
    "GET memory-namespaces/": {"under": "projects"},
    "GET memory-imports/": {},
    "GET memory-exports/": {},
    "GET memory-erasures/": {},
    "GET namespace-rules/": {},
}
"""Of lists. Those of one of our rows are refused."""
NO_PAGE: dict[str, Any] = {"next": None, "previous": None, "results": []}
EMPTY: Mapping[str, Any] = {
    **dict.fromkeys(["GET memories/", "GET memory-links/", "GET memory-imports/"], NO_PAGE),
    **dict.fromkeys(["GET memory-erasures/", "GET namespace-rules/"], NO_PAGE),
    "GET memory-namespaces/": {"next": None, "results": []},
    "GET memory-exports/": {"lines": ""},
    "POST memories/delete/": {"count": 0, "complete": True, "dry_run": False, "deletion": None},
    "POST memories/restore/": {"count": 0, "left": 0},
    "POST memories/purge/": {"count": 0, "complete": True, "dry_run": False},
}
"""Where nothing is found without being refused."""


def requests() -> list[str]:
    """Each method of each address: `GET memories/{memory_id}/`."""
    return [
        f"{method.upper()} {path}"
        for pattern in urlpatterns
        if isinstance(pattern, URLPattern)
        for path in [re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern))]
        if path.split("/")[0] not in NOT_OF_TENANTS
        for method in pattern.callback.view_class.rights  # type: ignore[attr-defined]
    ]


@pytest.mark.parametrize("request_line", requests())
def test_no_address_gives_or_changes_what_is_ours(
    request_line: str, ours: Ours, acme: Tenant, globex: Tenant, spy_corridor: Corridor
) -> None:
    method, template = request_line.split(" ")
    path = template.format_map(ours.ids)
    if method == "GET":
        answer = spy_corridor.get(path, dict(QUERIES[request_line] if path == template else {}))
    else:
        body = None if method == "DELETE" else _put(BODIES[request_line], ours)
        headers = {"If-Match": '"1"'} if method == "PATCH" else {}
        headers |= {"content_type": "application/x-ndjson"} if isinstance(body, bytes) else {}
        answer = spy_corridor.loop.run(spy_corridor.api.send(method, path, body, **headers))
    told = spy_corridor.loop.run(_body_of(answer))
    if path != template:
        assert (answer.status_code, told["code"]) == (404, "not_found")
    assert not any(told.get("counts", {}).values())
    _assert_nothing_of_ours(request_line, told, ours)
    assert everything_of(acme) == ours.rows


async def _body_of(answer: Any) -> Any:
    if not answer.streaming:
        return answer.json()
    return {"lines": b"".join([piece async for piece in answer.streaming_content]).decode()}


def _assert_nothing_of_ours(name: str, told: Any, ours: Ours) -> None:
    if name in EMPTY:
        assert told == EMPTY[name]
    assert [each for each in ours.ids.values() if each in str(_without_echo(told))] == []


def _without_echo(told: Any) -> Any:
    """An execution's own input holds the ids that were sent."""
    return {name: value for name, value in told.items() if name != "input"} if isinstance(told, dict) else told


VALUES: Mapping[str, list[Any]] = {
    "memory-create": [{"content": "Ours, too.", "namespace": "projects/apollo"}],
    "memory-query": [
        {"id": "@memory_id"},
        {"id": "@memory_id", "history": True},
        {"id": "@memory_id", "hops": 1},
        {"id": "@deleted_id", "deleted": True},
        {"query": "Apollo flies on Monday."},
        {"namespace": "projects"},
        {"namespace": "projects", "deleted": True},
    ],
    "memory-update": [{"id": "@memory_id", "version": 1, "content": "Apollo never flies."}],
    "memory-delete": [
        {"id": "@memory_id"},
        {"filter": {"namespace": "projects"}},
        {"restore": "@deleted_id"},
        {"undo": "@deletion"},
    ],
    "memory-link": [{"from": "@memory_id", "to": "@other_id", "type": "about"}],
    "memory-unlink": [{"id": "@link_id"}, {"from": "@memory_id", "to": "@other_id", "type": "caused_by"}],
}
"""What each tool is called with."""
BY_ACTION: Mapping[str, list[Any]] = {
    "store": VALUES["memory-create"],
    "retrieve": [each for each in VALUES["memory-query"] if "query" not in each],
    "search": [{"query": "Apollo flies on Monday."}],
    "update": VALUES["memory-update"],
    "delete": VALUES["memory-delete"],
    "link": VALUES["memory-link"],
    "unlink": VALUES["memory-unlink"],
}
"""The same for `memory-manager`."""


def calls() -> list[tuple[str, Any]]:
    apart = [(slug, values) for slug in SPECS if slug != "memory-manager" for values in VALUES[slug]]
    together = [{"action": action, "data": data} for action in ACTIONS for data in BY_ACTION[action]]
    return [*apart, *(("memory-manager", values) for values in together)]


@pytest.mark.parametrize(("tool", "values"), calls())
def test_no_tool_gives_or_changes_what_is_ours(
    tool: str, values: Any, ours: Ours, acme: Tenant, spy_corridor: Corridor
) -> None:
    told = Tools(spy_corridor).call(tool, _put(values, ours))
    _assert_refused_or_empty(told, values)
    _assert_nothing_of_ours(tool, told.body, ours)
    assert everything_of(acme) == ours.rows


LINES: Mapping[str, list[list[str]]] = {
    "create": [["Ours, too.", "--namespace", "projects/apollo"]],
    "get": [["@memory_id"], ["@deleted_id", "--deleted"]],
    "list": [["--namespace", "projects"], ["--namespace", "projects", "--deleted"]],
    "search": [["Apollo flies on Monday."]],
    "update": [["@memory_id", "--version", "1", "--content", "Apollo never flies."]],
    "delete": [["@memory_id"], ["--namespace", "projects"]],
    "restore": [["@deleted_id"], ["--deletion", "@deletion"]],
    "purge": [["@deleted_id"], ["--namespace", "projects"]],
    "link": [["@memory_id", "@other_id", "about"]],
    "unlink": [["@link_id"]],
    "neighbours": [["@memory_id"]],
    "history": [["@memory_id"], ["@deleted_id", "--deleted"]],
    "namespaces": [["--under", "projects"]],
}
"""What each word of the command is followed by."""
OTHER_LINES: Mapping[str, list[str]] = {
    "import": ["@file"],
    "export": ["--deleted"],
    "erase": ["--namespace", "projects", "--yes"],
}
"""Of words that answer otherwise than REST does."""


def test_every_word_about_a_tenant_is_tried() -> None:
    parser = load_command_class("memory", "memory").create_parser("manage.py", "memory")
    (words,) = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    of_tenants = {word for word, takes in words.items() if "--tenant" in takes._option_string_actions}
    assert of_tenants == LINES.keys() | OTHER_LINES.keys()


@pytest.mark.parametrize("word", OTHER_LINES)
def test_no_word_about_many_gives_or_changes_what_is_ours(
    word: str, ours: Ours, acme: Tenant, globex: Tenant, tmp_path: Path
) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"content": "Ours, too.", "namespace": "projects/apollo"}\n')
    told = io.StringIO()
    line = [str(file) if each == "@file" else each for each in OTHER_LINES[word]]
    call_command("memory", word, *line, "--tenant", globex.slug, stdout=told)
    assert "Apollo" not in told.getvalue()
    assert [each for each in ours.ids.values() if each in told.getvalue()] == []
    assert everything_of(acme) == ours.rows


@pytest.mark.parametrize(("word", "line"), [(word, line) for word in WORDS for line in LINES[word]])
def test_no_word_gives_or_changes_what_is_ours(
    word: str, line: list[str], ours: Ours, acme: Tenant, globex: Tenant
) -> None:
    told = Command(globex).run(word, *(_put(each, ours) for each in line))
    _assert_refused_or_empty(told, line)
    _assert_nothing_of_ours(word, told.body, ours)
    assert everything_of(acme) == ours.rows


def _assert_refused_or_empty(told: Told, asked: Any) -> None:
    if told.is_problem:
        assert told.body["code"] == "not_found"
    elif "@" in str(asked):
        assert told.body["count"] == 0
    else:
        assert not told.body.get("results")
        assert not told.body.get("count")


def _put(asked: Any, ours: Ours) -> Any:
    if isinstance(asked, dict):
        return {name: _put(value, ours) for name, value in asked.items()}
    return ours.ids[asked[1:]] if isinstance(asked, str) and asked.startswith("@") else asked
