"""Every page of the admin site, as somebody of another tenant, and as a viewer. A new page is walked by itself."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from accounts.chrome.pages import TenantPages
from accounts.models import Agent, ApiKey, AuditEntry, Person, Tenant
from accounts.tenancy import platform, within
from integrations.models import Connection, ConnectorImport, DataKey, ImportedConnector
from integrations.vault import seal
from integrations.vault.memory import in_memory
from memory.links.create import link
from memory.models import (
    Access,
    Erased,
    ImportFault,
    Memory,
    MemoryErasure,
    MemoryImport,
    MemoryLink,
    MemoryVersion,
    NamespaceRule,
)
from registry.models import Approval, Breaker, Execution, PermissionRule, Tool, ToolVersion
from registry.models.execution import Status, WaitsFor
from registry.permissions.rules import make_rule
from tests.browsing import Browse, Visitor, text_of
from tests.cast import CASTING, make_agent, make_key, make_person
from tests.catalogue import Register, manager_of
from tests.memory.remembering import remember
from tests.webhooks.queue.rows import make_route
from tests.webhooks.rows import make_event
from tests.webhooks.runs.making import run_on
from tests.webhooks.telling.subscribers import subscribed
from webhooks.models import (
    WebhookDelivery,
    WebhookEvent,
    WebhookRoute,
    WebhookRun,
    WebhookSecret,
    WebhookSource,
    WebhookSubscription,
)
from webhooks.sources.create import create_source

pytestmark = pytest.mark.django_db

WORD = "unmistakable"
"""Stands in the names of everything that acme has here."""
OVERVIEWS = ("webhooks/overview/", "memory/overview/", "memory/models/", "memory/search/")


def every_pages() -> list[TenantPages]:
    return [pages for pages in admin.site._registry.values() if isinstance(pages, TenantPages)]


@pytest.fixture
def acme_has_everything(acme: Tenant, alice: Person, register: Register) -> dict[type[Model], Model]:
    """One object of each registered model, all of acme."""
    in_memory.clear()
    agent = make_agent(acme, f"{WORD}-agent", alice.role)  # type: ignore[arg-type]
    make_key(agent, f"{WORD}-key")
    tool = register(slug=f"{WORD}-tool", category=WORD)
    with within(acme.id):
        facts = {"name": f"{WORD} rule", "effect": "deny", "tools": [f"{WORD}-*"]}
        rule = make_rule(tenant_id=acme.id, by=manager_of(acme), facts=facts)
        Connection.objects.create(tenant=acme, slug=f"{WORD}-connection", name=WORD, connector="slack", auth="token")
        ImportedConnector.objects.create(tenant=acme, slug=f"{WORD}-api", document={}, source="openapi")
        ConnectorImport.objects.create(tenant=acme, connector=f"{WORD}-api", origin=WORD, error=WORD, actor="system:x")
        Tenant.objects.filter(id=acme.id).update(name=f"{WORD} Ltd")
        Agent.objects.filter(id=agent.id).update(provider=WORD)
        execution = Execution.objects.create(
            tenant=acme, agent=agent, tool=tool, tool_slug=tool.slug, status=Status.SUCCEEDED, started_at=timezone.now()
        )
        approval = Approval.objects.create(
            tenant=acme,
            execution=_waiting(agent, tool),
            tool=tool,
            tool_version=tool.versions.get(),
            agent=agent,
            asked_by=f"agent:{agent.id}",
            tool_slug=tool.slug,
            version="1.0.0",
            input={"note": WORD},
            input_digest=b"sealed",
            why=WORD,
            requested_at=timezone.now(),
            expires_at=timezone.now() + timedelta(hours=1),
        )
        seal(tenant_id=acme.id, purpose="p", field="f", plaintext=b"s")
        first = (
            *(Tenant, Person, Agent, ApiKey, AuditEntry, Tool, ToolVersion, Breaker),
            *(Connection, ConnectorImport, DataKey),
        )
        found: dict[type[Model], Model] = {model: model._default_manager.all()[0] for model in first}
    made = {Execution: execution, Approval: approval, PermissionRule: rule}
    return found | made | _webhooks(acme, agent) | _memory(acme)


def _webhooks(tenant: Tenant, agent: Agent, words: str = WORD) -> dict[type[Model], Model]:
    """An event of a source, its run on a route, and a subscription that is told of something."""
    facts: dict[str, Any] = {"name": words, "scheme": "github", "secret": "it is a secret to everybody"}
    with within(tenant.id):
        source = create_source(tenant_id=tenant.id, by=CASTING, slug=f"{words}-source", **facts)
    event = make_event(source, {WORD: 1}, event_type=words, external_id=words, payload={WORD: 1}, routing="routed")
    route = make_route(agent, f"{words}-route", name=words, source=source)
    told = subscribed(tenant, f"{words}-subscription", name=words, url=f"https://{words}.example").subscription
    with within(tenant.id):
        delivery = WebhookDelivery.objects.create(
            tenant=tenant, subscription=told, event_type=f"tool.{words}", payload={WORD: 1}, due_at=timezone.now()
        )
    run = run_on(route, event)
    return {type(each): each for each in (source, event, route, run, told, delivery)}


def _memory(tenant: Tenant, words: str = WORD) -> dict[type[Model], Model]:
    """A memory that is linked to another, an import, a rule for a namespace and an erasure."""
    facts: dict[str, Any] = {"namespace": words, "kind": words, "tags": [words], "source": words, "end_user": words}
    memory, other = (remember(tenant, f"{words} {number}", metadata={words: 1}, **facts) for number in (1, 2))
    lines: dict[str, Any] = {"size": 1, "total_lines": 1, "line": 1, "refused": 1, "sealed_head": b""}
    with within(tenant.id):
        link(by=CASTING, from_id=memory.id, to_id=other.id, type=words)
        imported = MemoryImport.objects.create(tenant=tenant, namespace=f"{words}/", error=words, **lines)
        ImportFault.objects.create(tenant=tenant, memory_import=imported, line=1, path=f"$.{words}", message=words)
        rule = NamespaceRule.objects.create(tenant=tenant, namespace=f"{words}/", access=Access.READ)
        erasure = MemoryErasure.objects.create(tenant=tenant, what=Erased.END_USER, target=words, error=words)
    return {type(each): each for each in (memory, imported, rule, erasure)}


def _waiting(agent: Agent, tool: Tool) -> Execution:
    return Execution.objects.create(
        tenant_id=agent.tenant_id,
        agent=agent,
        tool=tool,
        tool_slug=tool.slug,
        status=Status.PENDING,
        waits_for=WaitsFor.APPROVAL,
        started_at=timezone.now(),
    )


def snapshot() -> dict[str, list[str]]:
    """Everything that there is, as it is, but for who signed in when."""
    with platform():
        return {
            str(model): sorted(map(str, model._default_manager.all().values_list()))
            for model in (
                *(Tenant, Person, Agent, ApiKey, Tool, ToolVersion, Execution, Approval),
                *(Connection, ConnectorImport, DataKey, ImportedConnector),
                *(WebhookSource, WebhookSecret, WebhookEvent, WebhookRoute, WebhookRun),
                *(WebhookSubscription, WebhookDelivery),
                *(Memory, MemoryLink, MemoryVersion, MemoryImport, MemoryErasure, NamespaceRule),
            )
        }


def patterns(urls: Sequence[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for each in urls:
        if isinstance(each, URLResolver):
            yield from patterns(each.url_patterns)
        else:
            yield each


def addresses(pages: TenantPages, subject: Model) -> list[str]:
    """Each address of these pages with the object's id in it."""
    root = f"/admin/{pages.opts.app_label}/{pages.opts.model_name}/"
    named = [str(each.pattern) for each in patterns(pages.get_urls())]
    return [root + route.replace("<path:object_id>", str(subject.pk)) for route in named if "object_id" in route]


def test_it_walks_every_page_that_there_is(acme_has_everything: dict[type[Model], Model]) -> None:
    assert {pages.model for pages in every_pages()} == set(acme_has_everything)


def test_it_shows_another_tenants_person_nothing(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor, before = browse(mallory), snapshot()
    for pages in every_pages():
        for address in addresses(pages, acme_has_everything[pages.model]):
            seen, sent = visitor.get(address), visitor.post(address, {"post": "yes", "name": "mine"})
            assert seen.status_code in (403, 404), address
            # 405 is the answer of pages that only show something, whatever they are asked about.
            assert sent.status_code in (403, 404, 405), address
            assert WORD not in text_of(seen) + text_of(sent), address
    assert snapshot() == before


def test_it_says_the_same_of_anothers_and_of_what_never_was(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(mallory)
    for pages in every_pages():
        anothers = acme_has_everything[pages.model]
        for address in addresses(pages, anothers):
            never = address.replace(str(anothers.pk), "00000000-0000-4000-8000-000000000000")
            assert visitor.get(address).status_code == visitor.get(never).status_code
            assert text_of(visitor.get(address)) == text_of(visitor.get(never))


def test_it_lists_filters_and_finds_nothing_of_another_tenant(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(mallory)
    for pages in every_pages():
        address = pages.address("changelist")
        for query in ({}, {"q": WORD}, {"q": str(acme_has_everything[pages.model].pk)}, {"all": ""}):
            asked = query.get("q", "-")
            page = visitor.page(address, query)
            page = page.replace(f'value="{asked}"', "").replace(f"“{asked}”", "").replace(f"q={asked}", "")
            assert WORD not in page, address
            assert str(acme_has_everything[pages.model].pk) not in page, address


def test_it_takes_no_ids_of_another_tenant_in_filters(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(mallory)
    tool, agent = acme_has_everything[Tool], acme_has_everything[Agent]
    page = visitor.page("/admin/registry/execution/", {"tool": str(tool.pk), "agent": str(agent.pk)})
    assert WORD not in page


def test_it_completes_nothing_of_another_tenant(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(mallory)
    for pages in every_pages():
        query = {"app_label": "registry", "model_name": "execution", "field_name": pages.opts.model_name, "term": WORD}
        answer = visitor.get("/admin/autocomplete/", query)
        assert answer.status_code in (200, 403)
        assert WORD not in text_of(answer)


def test_it_leads_nowhere_by_content_type(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(mallory)
    for model, subject in acme_has_everything.items():
        kind = ContentType.objects.get_for_model(model)
        assert visitor.get(f"/admin/r/{kind.pk}/{subject.pk}/").status_code == 404


def test_it_finds_nothing_of_another_tenant_anywhere_else(
    browse: Browse, mallory: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(mallory)
    for address in ("", "password_change/", "connectors/", "connectors/slack/", *OVERVIEWS):
        assert WORD not in visitor.page(f"/admin/{address}")
    for extended in ({}, {"extended": "1"}):
        assert WORD not in visitor.page("/admin/search/", {"s": WORD, **extended}).replace(f'"{WORD}"', "")


def test_it_lets_a_viewer_change_nothing(
    browse: Browse, vera: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor, before = browse(vera), snapshot()
    for pages in every_pages():
        for address in addresses(pages, acme_has_everything[pages.model]):
            # 405 is the answer of pages that only show something, 404 of what only its maker and admins see.
            assert visitor.post(address, {"post": "yes", "name": "mine"}).status_code in (403, 404, 405), address
        assert visitor.post(pages.address("add"), {"slug": "mine", "name": "Mine"}).status_code == 403
        assert visitor.post(pages.address("changelist"), {"action": "delete_selected"}).status_code in (200, 302, 403)
    assert snapshot() == before


def test_it_offers_a_viewer_no_act(browse: Browse, vera: Person, acme_has_everything: dict[type[Model], Model]) -> None:
    visitor = browse(vera)
    for pages in every_pages():
        subject = acme_has_everything[pages.model]
        for address in (pages.address("changelist"), pages.address("change", subject.pk)):
            answer = visitor.get(address)
            offered = [act.name for act in pages.object_acts if f"{subject.pk}/{act.name}/" in text_of(answer)]
            assert offered == [], address


def test_it_shows_no_secret_in_any_page(
    browse: Browse, alice: Person, acme_has_everything: dict[type[Model], Model]
) -> None:
    with within(alice.tenant_id):
        alice.set_password("long enough, alice")
        alice.save()
        digest = bytes(ApiKey.objects.get().digest)
    visitor = browse(alice)
    for pages in every_pages():
        subject = acme_has_everything[pages.model]
        for address in [pages.address("changelist"), *addresses(pages, subject)]:
            page = text_of(visitor.get(address))
            assert alice.password not in page
            assert "pbkdf2" not in page
            assert digest.hex() not in page


# --- What a list costs ---


def queries(visitor: Visitor, address: str) -> int:
    visitor.page(address)  # what is cached for good is cached now
    with CaptureQueriesContext(
        connection,
    ) as captured:
        visitor.page(address)
    return len(captured)


def test_it_costs_as_many_queries_for_many_rows_as_for_one(
    browse: Browse, alice: Person, acme: Tenant, register: Register, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor = browse(alice)
    before = {pages: queries(visitor, pages.address("changelist")) for pages in every_pages()}
    for number in range(5):
        agent = make_agent(acme, f"agent-{number}", alice.role)  # type: ignore[arg-type]
        make_key(agent)
        make_person(acme, f"person-{number}", alice.role)  # type: ignore[arg-type]
        tool = register(slug=f"tool-{number}")
        with within(acme.id):
            Execution.objects.create(
                tenant=acme, agent=agent, tool=tool, tool_slug=tool.slug, status="succeeded", started_at=timezone.now()
            )
            Connection.objects.create(tenant=acme, slug=f"c-{number}", name="C", connector="slack", auth="token")
        _webhooks(acme, agent, f"more-{number}")
        _memory(acme, f"more-{number}")
    assert {pages: queries(visitor, pages.address("changelist")) for pages in every_pages()} == before


def test_it_costs_as_many_queries_to_show_a_busy_tool_as_an_idle_one(
    browse: Browse, alice: Person, acme: Tenant, acme_has_everything: dict[type[Model], Model]
) -> None:
    visitor, tool = browse(alice), acme_has_everything[Tool]
    address = f"/admin/registry/tool/{tool.pk}/change/"
    before = queries(visitor, address)
    with within(acme.id):
        for number in range(6):
            agent = Agent.objects.create(tenant=acme, slug=f"agent-{number}")
            Execution.objects.create(
                tenant=acme, agent=agent, tool_id=tool.pk, tool_slug="t", status="failed", started_at=timezone.now()
            )
    assert queries(visitor, address) == before
