"""Permission rules in the browser."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Agent, Person, Tenant
from accounts.tenancy import within
from registry.models import PermissionRule
from registry.permissions.rules import make_rule
from tests.browsing import Browse, address_of, list_of
from tests.catalogue import Register, manager_of

pytestmark = pytest.mark.django_db

LIST = reverse("admin:registry_permissionrule_changelist")
ADD = reverse("admin:registry_permissionrule_add")


def rule(tenant: Tenant, **facts: Any) -> PermissionRule:
    with within(tenant.id):
        given = {"name": "No large payments", "effect": "deny", "tools": ["crm-*"], **facts}
        return make_rule(tenant_id=tenant.id, by=manager_of(tenant), facts=given)


def stored(tenant: Tenant) -> list[PermissionRule]:
    with within(tenant.id):
        return list(PermissionRule.objects.all())


def row(number: int, path: str, op: str, value: str, **more: str) -> dict[str, str]:
    parts = {"path": path, "op": op, "value": value, **more}
    return {f"conditions-{number}-{part}": text for part, text in parts.items()}


def test_it_reads_like_sentences(acme: Tenant, alice: Person, browse: Browse) -> None:
    rule(acme, conditions=[{"path": "$.amount", "op": "gt", "value": 1000}])
    page = browse(alice).page(LIST)
    assert "No large payments" in page
    assert (
        "Deny · everybody · tools <code>crm-*</code> · when <code>$.amount</code> &gt; <code>1000</code>"
        in page.replace(" > <code>", " &gt; <code>")
    )


def test_it_says_what_the_defaults_are(acme: Tenant, alice: Person, browse: Browse) -> None:
    page = browse(alice).page(LIST)
    assert "No permission rules yet" in page
    assert reverse("admin:accounts_tenant_edit", args=[acme.id]) in page


def test_it_is_for_admins(acme: Tenant, bob: Person, vera: Person, browse: Browse) -> None:
    kept = rule(acme)
    for person in (bob, vera):
        visitor = browse(person)
        assert visitor.get(LIST).status_code == 403
        assert visitor.get(address_of(kept)).status_code == 403
        assert visitor.post(ADD, {"name": "Mine", "effect": "allow"}).status_code == 403
        assert visitor.post(address_of(kept, "remove")).status_code == 403
        assert "Permission rules" not in visitor.page(list_of(Agent))
    assert [each.id for each in stored(acme)] == [kept.id]


def test_it_makes_a_rule_with_conditions(acme: Tenant, alice: Person, scout: Agent, browse: Browse) -> None:
    said = browse(alice).done(
        ADD,
        {
            "name": "Careful",
            "effect": "ask",
            "tools": "crm-*, erp-*\nbilling",
            "agents": "scout",
            "roles": ["operator"],
            "expires_at": "2100-01-31T12:00",
            **row(0, "$.amount", "gt", "1000"),
            **row(1, "$.currency", "in", "EUR, USD"),
            **row(2, "$.command", "command_prefix", "git status, true", **{"not": "on"}),
            **row(3, "$.code", "eq", '"7"'),
            **row(4, "$.force", "exists", ""),
            **row(5, "", "eq", ""),
        },
    )
    assert "The rule Careful is made." in said
    (made,) = stored(acme)
    assert (made.tools, made.agents, made.roles) == (["crm-*", "erp-*", "billing"], ["scout"], ["operator"])
    assert made.conditions == [
        {"path": "$.amount", "op": "gt", "value": 1000},
        {"path": "$.currency", "op": "in", "value": ["EUR", "USD"]},
        {"path": "$.command", "op": "command_prefix", "value": ["git status", "true"], "not": True},
        {"path": "$.code", "op": "eq", "value": "7"},
        {"path": "$.force", "op": "exists", "value": True},
    ]
    assert made.expires_at is not None
    assert made.expires_at.isoformat() == "2100-01-31T12:00:00+00:00"
    assert made.created_by == f"person:{alice.id}"


def test_it_edits_what_it_shows(acme: Tenant, alice: Person, browse: Browse) -> None:
    conditions = [
        {"path": "$.currency", "op": "in", "value": ["EUR", "a, b"]},
        {"path": "$.code", "op": "eq", "value": "7", "not": True},
        {"path": "$.amount", "op": "gt", "value": 10},
        {"path": "$.name", "op": "eq", "value": ""},
    ]
    kept = rule(acme, conditions=conditions)
    page = browse(alice).page(address_of(kept, "edit"))
    for value in ('["EUR", "a, b"]', '"7"', "10", '""'):
        assert f'value="{value}"' in page
    fields = {
        "name": kept.name,
        "effect": "deny",
        "tools": "crm-*",
        **row(0, "$.currency", "in", '["EUR", "a, b"]'),
        **row(1, "$.code", "eq", '"7"', **{"not": "on"}),
        **row(2, "$.amount", "gt", "10"),
        **row(3, "$.name", "eq", '""'),
    }
    browse(alice).done(address_of(kept, "edit"), fields)
    assert stored(acme)[0].conditions == conditions


def test_it_says_beside_the_field_what_is_wrong(acme: Tenant, alice: Person, browse: Browse) -> None:
    visitor = browse(alice)
    wrong = {"name": "Bad", "effect": "deny", "agents": "nobody"}
    assert "There is no such agent." in visitor.refused(ADD, wrong)
    page = visitor.refused(ADD, {"name": "Bad", "effect": "deny", **row(0, "amount", "gt", "5")})
    assert "This is not a JSON path" in page
    assert 'value="amount"' in page
    assert "Choose in row 1 how to compare." in visitor.refused(
        ADD, {"name": "Bad", "effect": "deny", **row(0, "$.a", "like", "5")}
    )
    assert stored(acme) == []


def test_it_disables_enables_and_removes(acme: Tenant, alice: Person, browse: Browse) -> None:
    kept, visitor = rule(acme), browse(alice)
    assert "What it denied or asked about may pass then." in visitor.page(address_of(kept, "disable"))
    visitor.done(address_of(kept, "disable"))
    assert not stored(acme)[0].enabled
    visitor.done(address_of(kept, "enable"))
    assert stored(acme)[0].enabled
    assert "The rule No large payments is removed." in visitor.done(address_of(kept, "remove"))
    assert stored(acme) == []


def test_it_shows_a_rule_whole(acme: Tenant, alice: Person, browse: Browse) -> None:
    kept = rule(acme, note="Ask Ada.", categories=["crm"], conditions=[{"path": "$.a", "op": "exists"}])
    page = browse(alice).page(address_of(kept))
    for said in ("Ask Ada.", "Categories", "<code>$.a</code> is there", "for ever"):
        assert said in page


def test_it_can_be_narrowed(acme: Tenant, alice: Person, browse: Browse) -> None:
    rule(acme, name="Denying")
    rule(acme, name="Asking", effect="ask", enabled=False)
    expired = rule(acme, name="Over")
    with within(acme.id):
        PermissionRule.objects.filter(id=expired.id).update(expires_at=timezone.now() - timedelta(days=1))
    visitor = browse(alice)
    for query, names in (
        ({"effect": "ask"}, {"Asking"}),
        ({"state": "in_force"}, {"Denying"}),
        ({"state": "disabled"}, {"Asking"}),
        ({"state": "expired"}, {"Over"}),
        ({"q": "deny"}, {"Denying"}),
        ({}, {"Denying", "Asking", "Over"}),
    ):
        page = visitor.page(LIST, query)
        assert {name for name in ("Denying", "Asking", "Over") if f">{name}<" in page} == names, query


class TestTryIt:
    def told(self, browse: Browse, person: Person, **fields: str) -> str:
        answer = browse(person).post(LIST, {f"try-{name}": value for name, value in fields.items()})
        assert answer.status_code == 200
        return answer.content.decode()

    def test_it_tells_what_would_become_of_a_call(
        self, acme: Tenant, alice: Person, scout: Agent, register: Register, browse: Browse
    ) -> None:
        register()
        denying = rule(acme, agents=["scout"], conditions=[{"path": "$.account", "op": "eq", "value": 7}])
        page = self.told(browse, alice, agent="scout", tool="crm-find", input='{"account": 7}')
        assert "The rule “No large payments” denies it." in page
        assert f'{address_of(denying)}">No large payments</a> <span class="qm-subtle">decides</span>' in page
        other = self.told(browse, alice, agent="", tool="crm-find", input='{"account": 7}')
        assert "No rule matches, and the default of the tenant allows it." in other

    def test_it_says_what_is_wrong_with_the_input(
        self, acme: Tenant, alice: Person, register: Register, browse: Browse
    ) -> None:
        register()
        page = self.told(browse, alice, tool="crm-find", input="{}")
        assert "invalid_input" in page
        assert "does not fit" in page
        assert "Write a JSON object" in self.told(browse, alice, tool="crm-find", input="[]")
        assert "Select a valid choice." in self.told(browse, alice, tool="nobody", input="")

    def test_it_explains_for_no_disabled_agent(
        self, acme: Tenant, alice: Person, scout: Agent, register: Register, browse: Browse
    ) -> None:
        register()
        with within(acme.id):
            Agent.objects.update(enabled=False)
        assert "is disabled" in self.told(browse, alice, agent="scout", tool="crm-find", input="")
