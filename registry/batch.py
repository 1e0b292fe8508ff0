"""Registering many tools at once: an outcome for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.api.problems import translate
from accounts.caller import Actor
from accounts.errors import QuartermasterError
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from registry.errors import NotRegistered
from registry.models import Tool
from registry.register import add_tool
from registry.slugs import claim_slugs


@dataclass(frozen=True)
class Registered:
    """What became of one tool of a batch: the tool, or why there is none."""

    slug: str | None
    """As it was sent; None when that was no string."""
    tool: Tool | None = None
    error: QuartermasterError | None = None


class _Undo(Exception):
    """Takes an atomic batch back."""


def register_tools(*, by: Actor, specs: Sequence[Mapping[str, Any] | Registered], atomic: bool) -> list[Registered]:
    """Register each; with `atomic`, all of them or none. What the door could not read comes as its outcome."""
    claim_slugs(str(spec["slug"]) for spec in specs if isinstance(spec, Mapping))
    outcomes: list[Registered] = []
    try:
        with transaction.atomic():
            outcomes += [spec if isinstance(spec, Registered) else _register(by, spec) for spec in specs]
            if atomic and any(outcome.error for outcome in outcomes):
                raise _Undo
    except _Undo:
        return [outcome if outcome.error else Registered(outcome.slug, error=NotRegistered()) for outcome in outcomes]
    if any(outcome.tool for outcome in outcomes):
        bump_generation(current_scope().tenant_id)
    return outcomes


def _register(by: Actor, spec: Mapping[str, Any]) -> Registered:
    slug = str(spec["slug"])
    try:
        with transaction.atomic():
            return Registered(slug, tool=add_tool(by=by, spec=spec))
    except (QuartermasterError, ValidationError) as error:
        return Registered(slug, error=translate(error))
