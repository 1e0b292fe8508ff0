"""What people call those whom the audit trail names by their ids."""

from collections.abc import Iterable
from uuid import UUID

from accounts.ids import uuid_in
from accounts.models import Agent, Person


def names_of(actors: Iterable[str]) -> dict[str, str]:
    """Of `person:<id>` and `agent:<id>` the names, for those that there still are; two queries for all."""
    actors = set(actors)
    names: dict[str, str] = {}
    for word, manager in (("person", Person.objects), ("agent", Agent.objects)):
        ids = {id_ for each in actors if (id_ := _id_after(word, each))}
        if ids:
            found = manager.filter(id__in=ids).only("name", *(("email",) if word == "person" else ("slug",)))
            names |= {f"{word}:{each.pk}": str(each) for each in found}
    return names


def name_of(actor: str) -> str:
    """The name, or what the audit trail says when there is none."""
    return names_of([actor]).get(actor) or actor


def _id_after(word: str, actor: str) -> UUID | None:
    prefix, _, rest = actor.partition(":")
    return uuid_in(rest) if prefix == word else None
