"""Offering tools that come with the product."""

from typing import Any

import pytest

from accounts.caller import System
from accounts.models import Tenant
from accounts.tenancy import platform
from registry.models import Tool, ToolVersion
from registry.offer import Offered, offer_shared
from registry.retire import retire_tool
from tests.catalogue import Register

pytestmark = pytest.mark.django_db

BY = System("tests")
SPEC: dict[str, Any] = {
    "slug": "what-time",
    "name": "What time",
    "version": "1.0.0",
    "transport": "builtin",
    "definition": {"function": "clock"},
}


def offer(**changes: Any) -> list[Offered]:
    with platform():
        return offer_shared([{**SPEC, **changes}], by=BY)


def versions() -> list[str]:
    with platform():
        return sorted(ToolVersion.objects.filter(tool__slug="what-time").values_list("version", flat=True))


def test_it_registers_what_there_never_was() -> None:
    assert offer() == [Offered("what-time", "1.0.0")]
    with platform():
        tool = Tool.objects.get(slug="what-time")
    assert (tool.tenant_id, tool.name) == (None, "What time")


def test_it_does_nothing_the_second_time() -> None:
    offer()
    (again,) = offer()
    assert (again, again.is_news) == (Offered("what-time", ""), False)
    assert versions() == ["1.0.0"]


def test_it_publishes_a_higher_version_and_no_lower_one() -> None:
    offer(version="1.1.0")
    assert offer(version="1.0.0") == [Offered("what-time", "")]
    assert offer(version="1.2.0", timeout_ms=1000) == [Offered("what-time", "1.2.0")]
    assert versions() == ["1.1.0", "1.2.0"]


def test_it_leaves_alone_what_was_retired() -> None:
    offer()
    with platform():
        retire_tool(tool=Tool.objects.get(slug="what-time"), by=BY)
    assert offer(version="2.0.0") == [Offered("what-time", "")]
    assert versions() == ["1.0.0"]


def test_it_leaves_a_tenant_the_tool_of_its_own(register: Register, acme: Tenant) -> None:
    register(slug="what-time")
    (refused,) = offer()
    assert (refused.version, refused.is_news) == ("", True)
    assert "There is a tool `what-time` already" in refused.why_not
    with platform():
        assert [tool.tenant_id for tool in Tool.objects.filter(slug="what-time")] == [acme.id]
