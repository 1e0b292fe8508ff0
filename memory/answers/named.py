"""Asks that name their memory and its version among their fields, as tools and the command do."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from accounts.errors import PreconditionRequired
from memory.answers.reading import a_version, an_id, read_fields_of

NEEDS_VERSION = (
    "This wants to know what you have read. Give `version`, as it was when you read the memory; if it has been changed "
    "since, nothing is done."
)


def split_id(asked: Mapping[str, Any]) -> tuple[UUID, dict[str, Any]]:
    """`id`, and the rest. Raises Invalid."""
    given, rest = _split(asked, "id")
    return read_fields_of(given, {"id": an_id}, needed=["id"])["id"], rest


def split_version(asked: Mapping[str, Any]) -> tuple[int | None, dict[str, Any]]:
    """`version`, where it is given, and the rest. Raises Invalid."""
    given, rest = _split(asked, "version")
    return read_fields_of(given, {"version": a_version}).get("version"), rest


def require_version(asked: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The same; raises PreconditionRequired where it is not given."""
    version, rest = split_version(asked)
    if version is None:
        raise PreconditionRequired(NEEDS_VERSION)
    return version, rest


def _split(asked: Mapping[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    given = {name: asked[name]} if name in asked else {}
    return given, {other: value for other, value in asked.items() if other != name}
