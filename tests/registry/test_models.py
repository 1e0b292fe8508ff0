"""What PostgreSQL itself refuses, whoever writes: the second line behind the verbs."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Tenant
from accounts.tenancy import within
from registry.models import Tool, ToolVersion

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fact", "constraint"),
    [
        ({"node_type": "wizard"}, "tool_node_type_known"),
        ({"source": "rumour"}, "tool_source_known"),
        ({"health_endpoint": "ftp://example.com/"}, "tool_health_endpoint_http"),
        ({"stale_after_seconds": 0}, "tool_stale_after_positive"),
    ],
)
def test_it_refuses_a_tool_that_breaks_a_rule(fact: dict[str, Any], constraint: str, acme: Tenant) -> None:
    with within(acme.id):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            Tool.objects.create(tenant=acme, slug="x", name="X", **fact)
        assert not Tool.objects.filter(slug="x").exists()


@pytest.mark.parametrize(
    ("fact", "constraint"),
    [
        ({"version": "1.0"}, "version_semver"),
        ({"version": "01.0.0"}, "version_semver"),
        ({"state": "lost"}, "version_state_known"),
        ({"timeout_ms": 0}, "version_timeout_positive"),
        ({"endpoints": {"stamp": "ftp://example.com/"}}, "version_endpoints_http"),
        ({"endpoints": {"stamp": 7}}, "version_endpoints_http"),
        ({"endpoints": {"good": "https://example.com/", "bad": None}}, "version_endpoints_http"),
    ],
)
def test_it_refuses_a_version_that_breaks_a_rule(fact: dict[str, Any], constraint: str, acme: Tenant) -> None:
    with within(acme.id):
        tool = Tool.objects.create(tenant=acme, slug="x", name="X")
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            ToolVersion.objects.create(tenant=acme, tool=tool, **{"version": "1.0.0", "transport": "http", **fact})
        assert not ToolVersion.objects.filter(tool=tool).exists()


def test_it_takes_versions_and_endpoints_as_they_should_be(acme: Tenant) -> None:
    with within(acme.id):
        tool = Tool.objects.create(tenant=acme, slug="x", name="X")
        for number, endpoints in (("1.0.0", {}), ("1.0.1-rc.1+build.5", {"a": "http://a/", "b": "https://b/"})):
            ToolVersion.objects.create(tenant=acme, tool=tool, version=number, transport="http", endpoints=endpoints)
        assert tool.versions.count() == 2
