"""Making tools of a connector's actions, and keeping them with it: installed again, what changed is published.

All of it in one transaction and in bulk: an imported connector may have a thousand actions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.utils import timezone

from accounts.audit import entry
from accounts.caller import Actor
from accounts.errors import Fault, Invalid
from accounts.models import AuditEntry
from accounts.roles import Right
from accounts.tenancy import current_scope
from accounts.tenants import bump_generation
from integrations.format.types import Action, Connector
from integrations.models import Connection
from registry.errors import SlugTaken
from registry.installing.drafts import draft, find_standing, gone
from registry.installing.facts import tool_slug
from registry.installing.types import Change, Draft, Installed, Plan
from registry.models import Tool, ToolHealth, ToolVersion
from registry.models.version import VersionState
from registry.register import first_health
from registry.slugs import claim_slugs

AT_ONCE = 500
"""Rows that one statement writes."""
MOST_FAULTS = 50
_PREFIX = re.compile(r"([a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?)?")
_PUBLISHED = frozenset({Change.PATCH, Change.MINOR, Change.MAJOR})


def plan_install(*, connector: Connector, actions: Sequence[str], prefix: str = "") -> Plan:
    """What installing would do, action by action. Writes nothing; inside the tenant's scope.

    Raises Invalid for an action that there is not, and a prefix that cannot be one.
    """
    return Plan(tuple(each.planned for each in _drafts(connector, _chosen(connector, actions, prefix), prefix)))


def install_actions(
    *,
    by: Actor,
    connector: Connector,
    actions: Sequence[str],
    connection: UUID | None = None,
    prefix: str = "",
    deprecate_gone: bool = False,
) -> Installed:
    """Tools of the scope's tenant, all of them or none. `connection`: what the new ones go out with.

    With a prefix the same actions become tools once more, for another account. What the connector has no more is told,
    and with `deprecate_gone` its versions are deprecated. Raises Forbidden, and Invalid with every fault.
    """
    by.require(Right.CATALOGUE)
    chosen = _chosen(connector, actions, prefix)
    if connection is not None:
        _refuse_strangers(connector, connection)
    claim_slugs(tool_slug(connector.slug, action.slug, prefix) for action in chosen)
    drafts = _drafts(connector, chosen, prefix)
    _refuse_faulty(Plan(tuple(each.planned for each in drafts)))
    _write(drafts, connection)
    if deprecate_gone:
        _deprecate([each.tool for each in drafts if each.planned.change is Change.GONE], by)
    _record(drafts, by)
    if any(each.planned.change is not Change.UNCHANGED for each in drafts):
        bump_generation(_tenant_at_work())
    return Installed(tuple(replace(each.planned, tool_id=each.tool.id) for each in drafts))


def _chosen(connector: Connector, actions: Sequence[str], prefix: str) -> list[Action]:
    wanted = set(actions)
    faults = [
        Fault(f"$.actions[{index}]", f"{connector.name} has no action `{slug}`.")
        for index, slug in enumerate(actions)
        if connector.action(slug) is None
    ]
    if not _PREFIX.fullmatch(prefix):
        faults.append(Fault("$.prefix", "Give at most 20 small letters, digits and dashes, or leave this out."))
    if faults:
        raise Invalid("These actions cannot be installed. See `errors`.", faults=faults[:MOST_FAULTS])
    return [action for action in connector.actions if action.slug in wanted]


def _refuse_strangers(connector: Connector, connection: UUID) -> None:
    own = Connection.objects.living().filter(id=connection, connector=connector.slug, end_user="")
    if not own.exists():
        sentence = f"This is no connection of the tenant's with {connector.name}."
        raise Invalid("The tools cannot go out with this connection.", faults=[Fault("$.connection", sentence)])


def _drafts(connector: Connector, chosen: Sequence[Action], prefix: str) -> list[Draft]:
    tenant_id = _tenant_at_work()
    standing = find_standing(connector, chosen, prefix, tenant_id=tenant_id)
    drafts = [draft(connector, action, prefix, standing, tenant_id=tenant_id) for action in chosen]
    return [*drafts, *gone(connector, standing)]


def _refuse_faulty(plan: Plan) -> None:
    faults = plan.faults
    if not faults:
        return
    kind = SlugTaken if all(fault.path.endswith(".slug") for fault in faults) else Invalid
    raise kind("Nothing was installed. See `errors` for what is in the way.", faults=faults[:MOST_FAULTS])


def _write(drafts: Sequence[Draft], connection: UUID | None) -> None:
    new = [each.tool for each in drafts if each.planned.change is Change.NEW]
    for tool in new:
        tool.connection_id = connection
    told = [each.tool for each in drafts if each.planned.change in _PUBLISHED | {Change.RETOLD}]
    for tool in told:
        tool.updated_at = timezone.now()
    Tool.objects.bulk_create(new, batch_size=AT_ONCE)
    Tool.objects.bulk_update(told, ["name", "description", "metadata", "updated_at"], batch_size=AT_ONCE)
    ToolVersion.objects.bulk_create([each.version for each in drafts if each.version], batch_size=AT_ONCE)
    ToolHealth.objects.bulk_create([first_health(tool) for tool in new], batch_size=AT_ONCE)


def _deprecate(tools: Sequence[Tool], by: Actor) -> None:
    versions = ToolVersion.objects.filter(tool__in=tools, state=VersionState.PUBLISHED)
    told = [
        entry(
            tenant_id=version.tenant_id,
            actor=by.actor,
            action="version.deprecated",
            subject=f"version:{version.id}",
            detail={"tool": str(version.tool_id), "version": version.version},
        )
        for version in versions
    ]
    versions.update(state=VersionState.DEPRECATED, sunset_at=None)
    AuditEntry.objects.bulk_create(told, batch_size=AT_ONCE)


def _record(drafts: Sequence[Draft], by: Actor) -> None:
    AuditEntry.objects.bulk_create([each for draft in drafts for each in _entries(draft, by)], batch_size=AT_ONCE)


def _entries(draft: Draft, by: Actor) -> list[AuditEntry]:
    """As for a tool that is registered, changed or published by hand."""
    tool, version, change = draft.tool, draft.version, draft.planned.change
    if change is Change.NEW and version is not None:
        detail = {"slug": tool.slug, "version": version.version, "version_id": str(version.id)}
        return [_entry(tool, by, "tool.registered", f"tool:{tool.id}", detail)]
    if change is Change.RETOLD:
        return [_entry(tool, by, "tool.changed", f"tool:{tool.id}", {"fields": ["description", "metadata", "name"]})]
    if version is not None:
        published = {"tool": str(tool.id), "version": version.version}
        return [_entry(tool, by, "version.published", f"version:{version.id}", published)]
    return []


def _entry(tool: Tool, by: Actor, action: str, subject: str, detail: Mapping[str, object]) -> AuditEntry:
    return entry(tenant_id=tool.tenant_id, actor=by.actor, action=action, subject=subject, detail=detail)


def _tenant_at_work() -> UUID:
    tenant_id = current_scope().tenant_id
    if tenant_id is None:
        raise Invalid("Tools are installed for a tenant: switch to one.")
    return tenant_id
