"""The same requests through REST, the tools, the one tool and the command give the same answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import Tenant
from memory.models import EmbeddingModel
from tests.corridor import Corridor
from tests.memory.doors import Body, Command, Door, Manager, Rest, Told, Tools

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model", "memory_tools")]

UNKNOWN = "0198f4de-8b1c-7c3a-9d57-2f1f6a0f5b11"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")


@dataclass(frozen=True)
class Step:
    """A request. `@name` in it stands for the id that a step before has kept under this name."""

    verb: str
    asked: Body
    keep: str = ""


HERE = "here/"
SCRIPT = (
    Step(
        "create",
        {
            "content": "Apollo flies on Monday.",
            "namespace": f"{HERE}apollo",
            "kind": "plan",
            "tags": ["flight", "flight", "plan"],
            "metadata": {"crew": 3, "stage": {"name": "one"}},
            "source": "the wall",
            "trust": "agent",
            "end_user": "ada",
            "valid_from": "2026-11-01T00:00:00+01:00",
        },
        keep="flight",
    ),
    Step("create", {"content": "Apollo flies on Monday.", "namespace": f"{HERE}apollo", "kind": "other"}),
    Step("create", {"content": "It was moved by the weather.", "namespace": HERE, "trust": "untrusted"}, keep="why"),
    Step(
        "create",
        {
            "memories": [
                {"content": "The pad is dry.", "namespace": f"{HERE}pad", "trust": "agent"},
                {"content": " ", "namespace": f"{HERE}pad"},
                {"content": "The pad is dry.", "namespace": f"{HERE}pad", "trust": "agent"},
            ]
        },
    ),
    Step("create", {"memories": [{"content": "Never.", "namespace": HERE}, {"colour": "red"}], "atomic": True}),
    Step("create", {"content": "", "colour": "red", "kind": "A B"}),
    Step("create", {"content": "Late.", "wait_ms": 10_001}),
    Step("get", {"id": "@flight"}),
    Step("get", {"id": UNKNOWN}),
    Step("list", {"namespace": HERE, "limit": 2}),
    Step("list", {"namespace": HERE, "tags": ["flight"], "where": {"path": "crew", "op": "ge", "value": 3}}),
    Step("list", {"namespace": HERE, "trust": "untrusted"}),
    Step("search", {"query": "When does Apollo fly?", "namespace": HERE, "limit": 3, "explain": True}),
    Step("search", {"query": "weather", "namespace": HERE, "mode": "keyword", "fields": ["content", "trust"]}),
    Step("search", {"query": "weather", "mode": "clairvoyant"}),
    Step("update", {"id": "@flight", "version": 1, "content": "Apollo flies on Tuesday."}),
    Step("update", {"id": "@flight", "version": 1, "content": "Apollo flies on Friday."}),
    Step("update", {"id": "@flight", "content": "Apollo flies on Friday."}),
    Step("update", {"id": UNKNOWN, "version": 1, "content": "Apollo flies on Friday."}),
    Step("history", {"id": "@flight"}),
    Step("link", {"from": "@flight", "to": "@why", "type": "caused_by", "weight": 0.5}, keep="link"),
    Step("link", {"from": "@flight", "to": "@flight", "type": "caused_by"}),
    Step("link", {"from": "@flight", "to": UNKNOWN, "type": "caused_by"}),
    Step("neighbours", {"id": "@why", "hops": 2}),
    Step("unlink", {"id": "@link"}),
    Step("unlink", {"id": "@link"}),
    Step("delete", {"id": "@flight", "version": 1}),
    Step("delete", {"id": "@flight", "version": 2}),
    Step("delete", {"id": "@flight"}),
    Step("get", {"id": "@flight"}),
    Step("restore", {"id": "@flight"}),
    Step("restore", {"id": "@flight"}),
    Step("delete_many", {"filter": {"namespace": HERE}, "dry_run": True}),
    Step("delete_many", {"filter": {}, "dry_run": False}),
    Step("delete_many", {"filter": {"namespace": f"{HERE}pad"}, "dry_run": False}, keep="gone"),
    Step("list", {"namespace": f"{HERE}pad"}),
    Step("restore_many", {"deletion": "@gone"}),
    Step("list", {"namespace": f"{HERE}pad"}),
)
VERBS = {step.verb for step in SCRIPT}
REFUSED = [
    *[("create", "invalid_input")] * 3,
    ("get", "not_found"),
    ("search", "invalid_input"),
    ("update", "precondition_failed"),
    ("update", "precondition_required"),
    ("update", "not_found"),
    ("link", "invalid_input"),
    ("link", "not_found"),
    ("unlink", "not_found"),
    ("delete", "precondition_failed"),
    ("delete", "not_found"),
    ("get", "not_found"),
    ("delete_many", "invalid_input"),
]


@dataclass
class Transcript:
    """What a door has answered, without what cannot be the same twice."""

    ids: dict[str, str] = field(default_factory=dict)

    def of(self, door: Door) -> Iterator[tuple[Step, Any]]:
        kept: dict[str, str] = {}
        for step in SCRIPT:
            told = door.ask(step.verb, _put(step.asked, kept))
            if step.keep:
                kept[step.keep] = told.body.get("deletion") or told.body["id"]
            yield step, self.read(told)

    def read(self, told: Told) -> Any:
        if told.is_problem:
            return _problem(told.body)
        body = self.plain(told.body)
        body.pop("previous", None)
        if "next" in body:
            # Pages name addresses, the others what to give as `after`.
            body["next"] = body["next"] is not None
        return body

    def plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            # The mark is for models; who wrote differs between agent and command, and with it the length of it all.
            left_out = {"untrusted", "notice", "created_by", "changed_by", "deleted_by", "tokens"}
            return {name: self.plain(inner) for name, inner in value.items() if name not in left_out}
        if isinstance(value, list):
            return [self.plain(inner) for inner in value]
        if isinstance(value, str) and _ID.fullmatch(value):
            return self.ids.setdefault(value, f"id {len(self.ids)}")
        return "time" if isinstance(value, str) and _TIME.fullmatch(value) else value


def _put(asked: Any, kept: dict[str, str]) -> Any:
    if isinstance(asked, dict):
        return {name: _put(value, kept) for name, value in asked.items()}
    return kept[asked[1:]] if isinstance(asked, str) and asked.startswith("@") else asked


def _problem(document: Body) -> Body:
    """Of an input the tools' schemas speak first, and a version is given in another place: there the words differ."""
    said = {name: document[name] for name in ("type", "title", "status", "code")}
    same = document["code"] not in {"invalid_input", "precondition_required"}
    return {**said, "detail": document["detail"]} if same else said


@pytest.fixture
def rest(corridor: Corridor) -> list[tuple[Step, Any]]:
    """What REST has answered. The next door begins with the same nothing."""
    door = Rest(corridor)
    told = list(Transcript().of(door))
    door.ask("delete_many", {"filter": {"namespace": HERE}, "dry_run": False})
    return told


@pytest.mark.parametrize("kind", [Tools, Manager])
def test_tools_answer_as_rest_does(kind: type[Tools], rest: list[tuple[Step, Any]], corridor: Corridor) -> None:
    assert list(Transcript().of(kind(corridor))) == rest


def test_the_command_answers_as_rest_does(rest: list[tuple[Step, Any]], acme: Tenant) -> None:
    assert list(Transcript().of(Command(acme))) == rest


def test_the_script_says_what_it_is_meant_to(rest: list[tuple[Step, Any]]) -> None:
    """Every verb has succeeded, and what was to be refused was refused for the right reason."""
    assert [(step.verb, told["code"]) for step, told in rest if "code" in told] == REFUSED
    assert {step.verb for step, told in rest if "code" not in told} == VERBS == Tools.NAMED.keys()


def test_of_changes_at_the_same_time_one_wins(model: EmbeddingModel, corridor: Corridor) -> None:
    made = corridor.post("memories/", {"content": "Apollo flies on Monday."}).json()
    days = ["Tuesday", "Wednesday", "Thursday", "Friday"]
    asked = [
        corridor.loop.start(
            corridor.api.send("PATCH", f"memories/{made['id']}/", {"content": f"On {day}."}, **{"If-Match": '"1"'})
        )
        for day in days
    ]
    answers = [each.result(30) for each in asked]
    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert corridor.get(f"memories/{made['id']}/").json() == won[0]
    assert won[0]["version"] == 2
