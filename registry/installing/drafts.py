"""A draft for each action that was chosen, beside the tools that are there already. It writes nothing."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from accounts.errors import Fault
from integrations.format.types import Action, Connector
from registry.facts import check_tool, check_version
from registry.installing.compare import FIRST_VERSION, change_between, next_version, release
from registry.installing.facts import (
    OWN_METADATA,
    facts_of_tool,
    facts_of_version,
    said_of_tool,
    tokens_of_tool,
    tool_slug,
)
from registry.installing.types import Change, Draft, PlannedAction
from registry.models import Tool, ToolVersion
from registry.models.version import VersionState


@dataclass(frozen=True)
class Standing:
    """What is there already of a connector's tools, under one prefix."""

    tools: Mapping[str, Tool]
    """By action."""
    versions: Mapping[UUID, Sequence[ToolVersion]] = field(default_factory=dict)
    """By tool."""
    taken: Collection[str] = ()
    """Slugs of other living tools among those that are wanted."""


def find_standing(connector: Connector, actions: Collection[Action], prefix: str, *, tenant_id: UUID) -> Standing:
    """Three queries, however many actions. Inside the tenant's scope."""
    living = Tool.objects.living()
    found = living.filter(tenant=tenant_id, metadata__contains={"connector": connector.slug})
    tools = {action: tool for tool in found if (action := _action_of(tool, prefix))}
    versions = defaultdict(list)
    for version in ToolVersion.objects.filter(tool__in=[tool.id for tool in tools.values()]):
        versions[version.tool_id].append(version)
    own = {tool.slug for tool in tools.values()}
    wanted = {tool_slug(connector.slug, action.slug, prefix) for action in actions} - own
    return Standing(tools, versions, set(living.filter(slug__in=wanted).values_list("slug", flat=True)))


def _action_of(tool: Tool, prefix: str) -> str:
    """Empty for what was not made of an action: a tool's metadata is its admin's, and may name a connector as well."""
    action = tool.metadata.get("action")
    return action if isinstance(action, str) and tool.metadata.get("prefix", "") == prefix else ""


def draft(connector: Connector, action: Action, prefix: str, standing: Standing, *, tenant_id: UUID) -> Draft:
    """What installing the action would do, with everything that is wrong with it."""
    tool = standing.tools.get(action.slug)
    versions = standing.versions.get(tool.id, ()) if tool else ()
    before = release(versions)
    if tool is None or before is None:
        return _new(connector, action, prefix, standing, tenant_id)
    facts = facts_of_version(connector, action)
    change, breaks = change_between(before, facts)
    if change is Change.UNCHANGED and before.state != VersionState.PUBLISHED:
        change = Change.PATCH  # what was taken back is wanted again
    is_retold = _retell(tool, connector, action, prefix)
    if change is Change.UNCHANGED:
        change = Change.RETOLD if is_retold else change
        return Draft(_planned(action, tool, change, before.version, faults=check_tool(tool)), tool)
    number = next_version(before, change)
    carried = {"system_prompt": before.system_prompt, "timeout_ms": before.timeout_ms}
    version = ToolVersion(tool=tool, tenant_id=tenant_id, version=number, **{**carried, **facts})
    faults = [*check_tool(tool), *check_version(version)]
    return Draft(_planned(action, tool, change, number, breaks=breaks, faults=faults), tool, version)


def gone(connector: Connector, standing: Standing) -> list[Draft]:
    """Tools whose action the connector has no more."""
    drafts = []
    for slug, tool in sorted(standing.tools.items()):
        before = release(standing.versions.get(tool.id, ()))
        if connector.action(slug) is None and before is not None:
            planned = PlannedAction(slug, tool.slug, Change.GONE, before.version, tokens=0, tool_id=tool.id)
            drafts.append(Draft(planned, tool))
    return drafts


def _new(connector: Connector, action: Action, prefix: str, standing: Standing, tenant_id: UUID) -> Draft:
    tool = Tool(tenant_id=tenant_id, **facts_of_tool(connector, action, prefix))
    facts = facts_of_version(connector, action)
    version = ToolVersion(tool=tool, tenant_id=tenant_id, version=FIRST_VERSION, **facts)
    faults = [*check_tool(tool), *check_version(version)]
    if tool.slug in standing.taken:
        faults.append(Fault("$.slug", f"There is another tool `{tool.slug}`. Retire it, or install with a prefix."))
    return Draft(_planned(action, tool, Change.NEW, FIRST_VERSION, faults=faults), tool, version)


def _retell(tool: Tool, connector: Connector, action: Action, prefix: str) -> bool:
    """Set what the connector says of the tool now; whether that is something else than before."""
    said = said_of_tool(connector, action, prefix)
    own = {name: value for name, value in tool.metadata.items() if name not in OWN_METADATA}
    said["metadata"] = {**own, **said["metadata"]}
    changed = [name for name, value in said.items() if getattr(tool, name) != value]
    for name in changed:
        setattr(tool, name, said[name])
    return bool(changed)


def _planned(
    action: Action,
    tool: Tool,
    change: Change,
    version: str,
    *,
    breaks: Sequence[Fault] = (),
    faults: Sequence[Fault] = (),
) -> PlannedAction:
    return PlannedAction(
        action=action.slug,
        slug=tool.slug,
        change=change,
        version=version,
        tokens=tokens_of_tool(tool.slug, action),
        tool_id=None if change is Change.NEW else tool.id,
        breaks=tuple(breaks),
        faults=tuple(_of_action(action, fault) for fault in faults),
    )


def _of_action(action: Action, fault: Fault) -> Fault:
    return Fault(f"$.actions.{action.slug}{fault.path.removeprefix('$')}", fault.message)
