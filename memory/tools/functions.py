"""The built-in functions behind the tools: each asks what REST asks, and answers what REST answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from accounts.errors import Fault, Invalid
from memory.answers.create import create
from memory.answers.delete import delete, delete_many, restore, restore_many
from memory.answers.find import history, list_some, near, retrieve
from memory.answers.links import link, unlink
from memory.answers.named import require_version, split_id, split_version
from memory.answers.reading import one_of, read_fields_of
from memory.answers.search import search
from memory.answers.types import Answer, Asker
from memory.answers.update import update
from memory.content import Unfit
from memory.tools.marked import marked
from registry.builtins import Builtin, BuiltinContext

Values: TypeAlias = Mapping[str, Any]
_Act: TypeAlias = Callable[[Asker, dict[str, Any]], Awaitable[Answer]]
_WALK = frozenset({"hops", "types", "direction"})


async def _store(asker: Asker, asked: dict[str, Any]) -> Answer:
    return await create(asker, asked)


async def _retrieve(asker: Asker, asked: dict[str, Any]) -> Answer:
    """With an `id` one memory, with `history` what it said before, with `hops` what it is linked to; else a list."""
    asked = _with_trust(asked)
    if "id" not in asked:
        return await list_some(asker, asked)
    memory_id, rest = split_id(asked)
    if rest.get("history") is True:
        return await history(asker, memory_id, _without(rest, "history"))
    if rest.keys() & _WALK:
        return await near(asker, memory_id, rest)
    return await retrieve(asker, memory_id, _without(rest, "history") if rest.get("history") is False else rest)


async def _search(asker: Asker, asked: dict[str, Any]) -> Answer:
    return await search(asker, _with_trust(asked))


async def _query(asker: Asker, asked: dict[str, Any]) -> Answer:
    sought = [name for name in ("query", "vector") if name in asked]
    if sought and "id" in asked:
        said = f"Leave this out, or `{sought[0]}`: one memory is read, or many are searched."
        raise Invalid(faults=[Fault("$.id", said)])
    return await (_search(asker, asked) if sought else _retrieve(asker, asked))


async def _update(asker: Asker, asked: dict[str, Any]) -> Answer:
    memory_id, rest = split_id(asked)
    version, changes = require_version(rest)
    return await update(asker, memory_id, version, changes)


async def _delete(asker: Asker, asked: dict[str, Any]) -> Answer:
    """One by `id`, or all that a `filter` finds; `restore` and `undo` bring back the one and the others."""
    if "filter" in asked:
        return await delete_many(asker, asked)
    if "undo" in asked:
        return await restore_many(asker, _renamed(asked, "undo", "deletion"))
    if "restore" in asked:
        memory_id, rest = split_id(_renamed(asked, "restore", "id"))
        return await restore(asker, memory_id, rest)
    if "id" not in asked:
        raise Invalid(faults=[Fault("$", "Give one of `id`, `filter`, `restore` and `undo`.")])
    memory_id, rest = split_id(asked)
    version, rest = split_version(rest)
    _refuse_rest(rest)
    return await delete(asker, memory_id, version)


async def _link(asker: Asker, asked: dict[str, Any]) -> Answer:
    return await link(asker, asked)


async def _unlink(asker: Asker, asked: dict[str, Any]) -> Answer:
    return await unlink(asker, asked)


ACTIONS: Mapping[str, _Act] = {
    "store": _store,
    "retrieve": _retrieve,
    "search": _search,
    "update": _update,
    "delete": _delete,
    "link": _link,
    "unlink": _unlink,
}
"""Of `memory-manager`, by their names."""


async def _manage(asker: Asker, asked: dict[str, Any]) -> Answer:
    read = read_fields_of(asked, {"action": one_of(ACTIONS), "data": _object}, needed=["action"])
    try:
        return await ACTIONS[read["action"]](asker, read.get("data", {}))
    except Invalid as refused:
        faults = [Fault(f"$.data{fault.path.removeprefix('$')}", fault.message) for fault in refused.faults]
        raise Invalid(refused.message, faults=faults) from refused


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Unfit("Give an object.")
    return dict(value)


def _tool(act: _Act) -> Builtin:
    async def call(context: BuiltinContext, values: Values) -> dict[str, Any]:
        return marked((await act(Asker(context.tenant_id, context.caller), dict(values))).body)

    return call


FUNCTIONS: Mapping[str, Builtin] = {
    "memory-create": _tool(_store),
    "memory-query": _tool(_query),
    "memory-update": _tool(_update),
    "memory-delete": _tool(_delete),
    "memory-link": _tool(_link),
    "memory-unlink": _tool(_unlink),
    "memory-manager": _tool(_manage),
}
"""By the names of their tools, which are those of their functions, too."""


def _with_trust(asked: dict[str, Any]) -> dict[str, Any]:
    """Whatever is selected of memories: without their trust nobody could be told about it."""
    fields = asked.get("fields")
    return {**asked, "fields": [*fields, "trust"]} if isinstance(fields, list) else asked


def _renamed(asked: Mapping[str, Any], old: str, new: str) -> dict[str, Any]:
    return {new if name == old else name: value for name, value in asked.items()}


def _without(asked: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {other: value for other, value in asked.items() if other != name}


def _refuse_rest(rest: Mapping[str, Any]) -> None:
    if rest:
        hint = "There is no such field here. Give `id` and perhaps `version`; or `filter`, `restore` or `undo`."
        raise Invalid(faults=[Fault(f"$.{name}", hint) for name in rest])
