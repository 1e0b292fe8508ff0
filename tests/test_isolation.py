"""Every address of the API, with every method, called by another tenant's agent: it finds and changes nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connection
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import Agent, ApiKey, AuditEntry, Person, Tenant
from accounts.tenancy import platform, within
from integrations.importing.begin import begin_import
from memory.erasing.begin import begin_erasure
from memory.importing.begin import begin_import as begin_memory_import
from memory.importing.cancel import cancel_import
from memory.links.create import link
from memory.rules.create import create_rule
from registry.models import Execution
from registry.permissions.rules import make_rule
from tests.catalogue import Register, manager_of
from tests.connections import Connect
from tests.corridor import Corridor
from tests.memory.remembering import remember
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals
from tests.upstream import Upstream
from tests.webhooks.rows import make_event
from tests.webhooks.runs.making import run_on
from tests.webhooks.sending import make_source
from tests.webhooks.telling.subscribers import subscribed
from webhooks.models import WebhookSecret
from webhooks.models.event import Routing
from webhooks.routes.create import create_route
from webhooks.telling.ping import ping

pytestmark = pytest.mark.django_db(transaction=True)

# Bodies that would do something, were the thing spy's own. An address that is not here gets `{}`.
BODIES: dict[str, Any] = {
    "agent": {"name": "Taken over"},
    "agent-keys": {"name": "stolen"},
    "keys": {"agent": "scout", "name": "stolen"},
    "key-rotate": {"overlap_seconds": 60},
    "person": {"name": "Taken over"},
    "tool": {"name": "Taken over"},
    "tool-version": {"state": "deprecated"},
    "tool-execute": {"input": {"account": 7}},
    "permission-rules": {"name": "stolen", "effect": "allow"},
    "permission-rule": {"enabled": False},
    "executions": {"tool": "crm-find", "input": {"account": 7}},
    "route": {"input": {"account": 7}},
    "tool-limits": {"concurrency": {"most": 1}},
    "connections": {"connector": "parcels", "auth": "token", "values": {"token": "stolen"}, "check": False},
    "connection": {"name": "Taken over"},
    "connection-rotate": {"values": {"token": "stolen"}, "check": False},
    "connector-sign-in": {"auth": "oauth"},
    "connector-install": {"actions": ["find"]},
    "connect-links": {"connector": "parcels", "auth": "token", "end_user": "ada"},
    "oauth-app": {"client_id": "stolen", "client_secret": "stolen"},
    "imports": {"slug": "stolen", "url": "https://openapi.invalid/stolen.json"},
    "breaker-hold": {"hold": "open", "reason": "mine now"},
    "webhook-source": {"name": "Taken over"},
    "webhook-sources": {"slug": "stolen", "scheme": "carrier-pigeon"},
    "webhook-source-secrets": {"secret": "stolen"},
    "webhook-route": {"name": "Taken over"},
    "webhook-routes": {"slug": "stolen", "tool": "crm-find"},
    "webhook-events-replay": {"filter": {}},
    "webhook-subscriptions": {"slug": "stolen", "url": "https://hooks.invalid/", "event_types": ["*"]},
    "webhook-subscription": {"name": "Taken over"},
    "webhook-deliveries-redrive": {"filter": {}},
}

# Names of parameters that stand for something else below these addresses.
SAME_NAMES = {
    "memory-imports": {"import_id": "memory_import_id"},
    "namespace-rules": {"rule_id": "namespace_rule_id"},
}
SLUGS = {
    "agents": "agent_slug",
    "connections": "connection_slug",
    "connectors": "connector_slug",
    "webhook-sources": "source_slug",
    "webhook-routes": "webhook_route_slug",
    "webhook-subscriptions": "subscription_slug",
}
"""Whose slugs they are, by the beginning of the path; else a tool's."""


@pytest.fixture
def ids(
    acme: Tenant,
    alice: Person,
    scout: Agent,
    corridor: Corridor,
    register: Register,
    connect_parcels: Connect,
) -> dict[str, Any]:
    """What acme has, by the name of the address's parameter."""
    tool = register(capabilities={"operations": ["find_contact"]})
    execution = corridor.call("crm-find", {"account": 7, "email": "secret@acme.example"})
    register(slug="crm-drop")
    rule_for(acme, tools=["crm-drop"])
    corridor.call("crm-drop", {"account": 7, "email": "secret@acme.example"})
    admin = manager_of(acme)
    memories = [remember(acme, f"secret@acme.example, {number}", by=admin) for number in (1, 2)]
    lines = begin_memory_import(
        tenant_id=acme.id, by=admin, lines=[b'{"content": "Later."}\n'], namespace="default", trust="untrusted"
    )
    with within(acme.id):
        cancel_import(by=admin, import_id=lines.id)  # while it goes on, nothing is erased
        erasure = begin_erasure(tenant_id=acme.id, by=admin, what="end_user", target="nobody")
        linked = link(by=admin, from_id=memories[0].id, to_id=memories[1].id, type="about").link
        namespace_rule = create_rule(tenant_id=acme.id, by=admin, namespace="people", access="read")
        key = ApiKey.objects.get(agent=scout)
        facts = {"name": "Ask first", "effect": "ask", "tools": ["erp-*"]}
        order = begin_import(by=manager_of(acme), slug="warehouse", origin="https://openapi.invalid/acme.json")
        rule = make_rule(tenant_id=acme.id, by=manager_of(acme), facts=facts)
        source = make_source(acme)
        secret = WebhookSecret.objects.get(source=source)
        route = create_route(tenant=acme, by=manager_of(acme), facts={"slug": "to-crm", "tool": "crm-find"})
        subscription = subscribed(acme, "acme-ops").subscription
        delivery = ping(subscription=subscription, by=manager_of(acme))
        event = make_event(source, {"email": "secret@acme.example"}, routing=Routing.ROUTED)
    return {
        "slug": tool.slug,
        "connection_slug": connect_parcels(slug="acme-parcels").slug,
        "connector_slug": "parcels",
        "connector": "parcels",
        "import_id": order.id,
        "which": tool.slug,
        "version": "1.0.0",
        "operation": "find_contact",
        "execution_id": execution.id,
        "key_id": key.id,
        "person_id": alice.id,
        "rule_id": rule.id,
        "agent_slug": scout.slug,
        "approval_id": approvals(acme)[0].id,
        "source_slug": source.slug,
        "secret_id": secret.id,
        "webhook_route_slug": route.slug,
        "event_id": event.id,
        "run_id": run_on(route, event).id,
        "subscription_slug": subscription.slug,
        "delivery_id": delivery.id,
        "memory_id": memories[0].id,
        "link_id": linked.id,
        "memory_import_id": lines.id,
        "erasure_id": erasure.id,
        "namespace_rule_id": namespace_rule.id,
    }


def addresses() -> Iterator[tuple[str, URLPattern]]:
    """Each pattern below /api/v1/ with the path as it is written."""
    for resolver in get_resolver().url_patterns:
        if isinstance(resolver, URLResolver) and str(resolver.pattern) == "api/v1/":
            for pattern in resolver.url_patterns:
                assert isinstance(pattern, URLPattern)
                yield str(pattern.pattern), pattern


def filled(path: str, ids: dict[str, Any]) -> str:
    beginning = path.partition("/")[0]
    ids = {**ids, **{name: ids[other] for name, other in SAME_NAMES.get(beginning, {}).items()}}
    for converter in ("slug", "str", "text", "uuid", "path", "int"):
        for name, value in ids.items():
            path = path.replace(f"<{converter}:{name}>", str(value))
    assert "<" not in path, f"Say in `ids` what stands for the parameter in {path}."
    return path


async def _whole(answer: Any) -> bytes:
    """Also of what comes in parts."""
    return b"".join([part async for part in answer.streaming_content]) if answer.streaming else answer.content


def rows_of(tenant: Tenant) -> dict[str, list[tuple[Any, ...]]]:
    """Everything a tenant has, table by table."""
    with within(tenant.id), connection.cursor() as cursor:
        tables = {model._meta.db_table for model in apps.get_models() if hasattr(model, "tenant_id")}
        found = {}
        for table in sorted(tables - {"accounts_auditentry"}):
            cursor.execute(f'SELECT * FROM "{table}" ORDER BY 1')
            found[table] = cursor.fetchall()
        return found


def test_it_finds_and_changes_nothing_of_another_tenants(
    acme: Tenant, globex: Tenant, spy_corridor: Corridor, ids: dict[str, Any], upstream: Upstream
) -> None:
    before = rows_of(acme)
    acmes = {str(value) for value in ids.values() if isinstance(value, UUID)} | {str(acme.id), "secret@acme.example"}
    called = 0
    for path, pattern in addresses():
        address = filled(path, {**ids, "slug": ids[SLUGS.get(path.partition("/")[0], "slug")]})
        for method in pattern.callback.cls.rights:  # type: ignore[attr-defined]
            answer = spy_corridor.send(method.upper(), address, BODIES.get(pattern.name or "", {}))
            shown = spy_corridor.loop.run(_whole(answer)).decode()
            called += 1
            assert answer.status_code < 500, f"{method} {address}: {shown}"
            if "<" in path:
                refused = answer.status_code in {404, 405, 409, 422, 428}
                assert refused, f"{method} {address}: {answer.status_code} {shown}"
            leaked = {each for each in acmes if each in shown and each not in address}
            assert not leaked, f"{method} {address} tells of {leaked}: {shown}"
    assert called >= 30
    assert len(upstream.received) == 1  # scout's own call
    assert rows_of(acme) == before


def test_it_refuses_every_address_without_a_key(ids: dict[str, Any], spy_corridor: Corridor, acme: Tenant) -> None:
    before = rows_of(acme)
    nobody = spy_corridor.as_("nobody")
    for path, pattern in addresses():
        for method in pattern.callback.cls.rights:  # type: ignore[attr-defined]
            answer = nobody.send(method.upper(), filled(path, ids), {})
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), f"{method} {path}"
    assert rows_of(acme) == before


def test_nothing_of_a_foreign_call_is_written_to_the_tenant_it_was_aimed_at(
    acme: Tenant, spy_corridor: Corridor, ids: dict[str, Any]
) -> None:
    with platform():
        entries = AuditEntry.objects.filter(tenant=acme).count()
        executions = Execution.objects.filter(tenant=acme).count()
    spy_corridor.post("tools/crm-find/execute/", {"input": {"account": 7}})
    with platform():
        assert AuditEntry.objects.filter(tenant=acme).count() == entries
        assert Execution.objects.filter(tenant=acme).count() == executions
