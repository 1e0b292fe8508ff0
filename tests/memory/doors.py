"""The ways into memory, so that one and the same request can be put through each of them."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.management import CommandError, call_command

from accounts.api.problems import problem, translate
from accounts.models import Tenant
from tests.corridor import Corridor

Body = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """An answer, or the problem document of why there is none."""

    body: Body
    is_problem: bool = False


class Door(Protocol):
    def ask(self, verb: str, asked: Body) -> Told:
        """`asked` holds what the verb takes, its memory's id and version among it."""


class Rest:
    """`corridor` posts as an agent."""

    def __init__(self, corridor: Corridor) -> None:
        self.corridor = corridor

    def ask(self, verb: str, asked: Body) -> Told:
        answer = self._send(verb, dict(asked))
        return Told(answer.json(), is_problem=answer.status_code >= 400)

    def _send(self, verb: str, asked: Body) -> Any:
        memory = f"memories/{asked.pop('id', '')}/"
        version = asked.pop("version", None) if verb in {"update", "delete"} else None
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        match verb:
            case "create" | "link":
                return self._to("POST", {"create": "memories/", "link": "memory-links/"}[verb], asked)
            case "search" | "delete_many" | "restore_many":
                return self._to("POST", f"memories/{verb.removesuffix('_many')}/", asked)
            case "restore":
                return self._to("POST", f"{memory}restore/", asked)
            case "update":
                return self._to("PATCH", memory, asked, headers)
            case "delete":
                return self._to("DELETE", memory, None, headers)
            case "unlink":
                return self._to("DELETE", memory.replace("memories", "memory-links"), None)
            case "list":
                return self.corridor.get("memories/", _query(asked))
            case _:
                below = {"get": "", "history": "history/", "neighbours": "neighbours/"}[verb]
                return self.corridor.get(f"{memory}{below}", _query(asked))

    def _to(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        loop, api = self.corridor.loop, self.corridor.api
        return loop.run(api.send(method, path, body, **(headers or {})))


class Tools:
    """Each verb by its own tool."""

    NAMED: Mapping[str, str] = {
        **dict.fromkeys(("get", "list", "search", "history", "neighbours"), "memory-query"),
        **dict.fromkeys(("delete", "delete_many", "restore", "restore_many"), "memory-delete"),
        **{verb: f"memory-{verb}" for verb in ("create", "update", "link", "unlink")},
    }

    def __init__(self, corridor: Corridor) -> None:
        self.corridor = corridor

    def ask(self, verb: str, asked: Body) -> Told:
        return self.call(self.NAMED[verb], as_values(verb, asked))

    def call(self, tool: str, values: Body) -> Told:
        answer = self.corridor.post(f"tools/{tool}/execute/", {"input": values}).json()
        if answer["status"] == "succeeded":
            return Told(answer["output"])
        return Told(answer, is_problem=True)


class Manager(Tools):
    """All verbs by the one tool."""

    ACTIONS: Mapping[str, str] = {
        "create": "store",
        **dict.fromkeys(("get", "list", "history", "neighbours"), "retrieve"),
        **dict.fromkeys(("delete_many", "restore", "restore_many"), "delete"),
    }

    def ask(self, verb: str, asked: Body) -> Told:
        data = as_values(verb, asked)
        return self.call("memory-manager", {"action": self.ACTIONS.get(verb, verb), "data": data})


class Command:
    """`manage.py memory`, for one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    def ask(self, verb: str, asked: Body) -> Told:
        return self.run(*self._words(verb, dict(asked)))

    def run(self, *words: str) -> Told:
        written = io.StringIO()
        try:
            call_command("memory", *words, "--tenant", self.tenant.slug, stdout=written)
        except CommandError as failed:
            return Told(_cause_of(failed), is_problem=True)
        return Told(json.loads(written.getvalue()))

    def _words(self, verb: str, asked: Body) -> list[str]:
        match verb:
            case "create" | "search" | "list":
                return [verb, "--data", json.dumps(asked)]
            case "update":
                version = ["--version", str(asked.pop("version"))] if "version" in asked else []
                return [verb, asked.pop("id"), *version, "--data", json.dumps(asked)]
            case "delete":
                version = ["--version", str(asked["version"])] if "version" in asked else []
                return [verb, asked["id"], *version]
            case "delete_many":
                return ["delete", "--data", json.dumps(asked["filter"]), *(["--dry-run"] if asked["dry_run"] else [])]
            case "restore_many":
                return ["restore", "--deletion", asked["deletion"]]
            case "link":
                return [verb, asked["from"], asked["to"], asked["type"], "--weight", str(asked.get("weight", 1.0))]
            case "neighbours":
                return [verb, asked["id"], "--hops", str(asked["hops"])]
            case _:
                return [verb, asked["id"]]


def _cause_of(failed: CommandError) -> Body:
    """What the command was told, of which it says the sentence."""
    assert isinstance(failed.__cause__, Exception), failed
    told = problem(translate(failed.__cause__))
    assert str(failed).startswith(told["detail"])
    return told


def as_values(verb: str, asked: Body) -> Body:
    """What the tools call it, where that is something else."""
    match verb:
        case "history":
            return {**asked, "history": True}
        case "restore":
            return {"restore": asked["id"]}
        case "restore_many":
            return {"undo": asked["deletion"]}
        case _:
            return asked


def _query(asked: Body) -> dict[str, Any]:
    """Lists and objects as an address has them."""
    return {name: _text(value) for name, value in asked.items()}


def _text(value: Any) -> Any:
    if isinstance(value, list):
        return ",".join(value)
    return json.dumps(value) if isinstance(value, dict | bool) else value
