"""Calls that came to no version of a tool leave no more of their input behind than those that did."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.vault.memory import in_memory
from registry.enable import disable_tool
from registry.models import Tool
from registry.publish import publish_version
from tests.catalogue import Register, manager_of
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

SCHEMA = {
    "type": "object",
    "properties": {"lunch": {"type": "string", "x-sensitive": True}, "table": {"type": "integer"}},
}
VALUES = {"lunch": "soup", "table": 7, "guests": ["ada@example.com"]}
OF_THE_TOOL = {"lunch": "[redacted:field]", "table": 7, "guests": ["[redacted:email]"]}
SHAPE = {"lunch": "[redacted:field]", "table": "[redacted:field]", "guests": ["[redacted:field]"]}


@pytest.fixture
def tool(register: Register) -> Tool:
    return register(input_schema=SCHEMA)


def left_by(
    tenant: Tenant, corridor: Corridor, code: str, slug: str = "crm-find", values: Any = None, version: str = ""
) -> Any:
    """What is stored of the input of a call that is refused with this code."""
    outcome = corridor.call(slug, values or VALUES, version=version)
    row = stored(tenant, outcome)
    assert (row.status, row.error and row.error["code"]) == ("refused", code)
    return row.input


def disable(tenant: Tenant, tool: Tool) -> None:
    with within(tenant.id):
        disable_tool(tool=tool, by=manager_of(tenant))


def test_it_masks_what_a_disabled_tool_declares(
    acme: Tenant, corridor: Corridor, tool: Tool, upstream: Upstream
) -> None:
    disable(acme, tool)
    assert left_by(acme, corridor, "tool_disabled") == OF_THE_TOOL
    assert upstream.received == []


def test_it_masks_what_any_version_declares_where_none_fits(acme: Tenant, corridor: Corridor, tool: Tool) -> None:
    schema = {"type": "object", "properties": {"lunch": {"type": "string"}, "guests": {"writeOnly": True}}}
    with within(acme.id):
        publish_version(tool=tool, by=manager_of(acme), spec={"version": "2.0.0", "input_schema": schema})
    left = left_by(acme, corridor, "version_not_found", version="^9")
    assert left == {**OF_THE_TOOL, "guests": ["[redacted:field]"]}


def test_it_masks_by_the_tools_policy(acme: Tenant, corridor: Corridor, tool: Tool) -> None:
    disable(acme, tool)
    with within(acme.id):
        Tool.objects.filter(id=tool.id).update(redaction={"stored": {"email": "keep", "fields": "drop"}})
        bump_generation(acme.id)
    assert left_by(acme, corridor, "tool_disabled") == {"table": 7, "guests": ["ada@example.com"]}


def test_it_keeps_only_the_shape_where_there_is_no_tool(acme: Tenant, corridor: Corridor) -> None:
    assert left_by(acme, corridor, "tool_not_found", slug="crm-fnid") == SHAPE


def test_it_keeps_only_the_shape_where_the_tool_was_retired(acme: Tenant, corridor: Corridor, tool: Tool) -> None:
    with within(acme.id):
        Tool.objects.filter(id=tool.id).update(retired_at=timezone.now())
        bump_generation(acme.id)
    assert left_by(acme, corridor, "tool_not_found") == SHAPE


def test_it_keeps_only_the_shape_where_the_vault_is_locked(
    acme: Tenant, corridor: Corridor, tool: Tool, settings: Any, tmp_path: Path
) -> None:
    disable(acme, tool)
    with within(acme.id):
        Tenant.objects.filter(id=acme.id).update(redaction={"stored": {"email": "hash"}})
    settings.VAULT_KEY_FILE = tmp_path / "not-there"
    in_memory.clear()
    assert left_by(acme, corridor, "tool_disabled") == SHAPE
