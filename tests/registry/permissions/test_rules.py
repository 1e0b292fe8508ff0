"""Making, changing and removing rules: who may, what is refused, and from when on it counts."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.ids import new_id
from accounts.models import Agent, AuditEntry, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import PermissionRule
from registry.permissions import rules
from registry.permissions.rules import change_rule, find_rule, make_rule, remove_rule
from tests.catalogue import manager_of

pytestmark = pytest.mark.django_db

FACTS = {"name": "No large payments", "effect": "deny", "tools": ["crm-*"]}


def make(tenant: Tenant, **facts: Any) -> PermissionRule:
    with within(tenant.id):
        return make_rule(tenant_id=tenant.id, by=manager_of(tenant), facts=FACTS | facts)


def rows(tenant: Tenant) -> list[PermissionRule]:
    with within(tenant.id):
        return list(PermissionRule.objects.all())


def told(tenant: Tenant) -> list[tuple[str, str, dict[str, Any]]]:
    with within(tenant.id):
        entries = AuditEntry.objects.filter(subject__startswith="rule:").order_by("id")
        return list(entries.values_list("action", "subject", "detail"))


def generation(tenant: Tenant) -> int:
    with within(tenant.id):
        return Tenant.objects.get().generation


def paths(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [fault.path for fault in error.value.faults]


def test_it_makes_a_rule_that_counts_from_the_next_call_on(acme: Tenant) -> None:
    before = generation(acme)
    rule = make(acme)
    assert [(each.id, each.name, each.effect, each.tools, each.enabled) for each in rows(acme)] == [
        (rule.id, "No large payments", "deny", ["crm-*"], True)
    ]
    assert rule.created_by == manager_of(acme).actor
    assert told(acme) == [("rule.made", f"rule:{rule.id}", {"effect": "deny"})]
    assert generation(acme) == before + 1


def test_it_remembers_the_approval_that_a_rule_comes_from(acme: Tenant) -> None:
    approval_id = new_id()
    with within(acme.id):
        rule = make_rule(tenant_id=acme.id, by=manager_of(acme), facts=FACTS, approval_id=approval_id)
    assert rule.approval_id == approval_id
    assert told(acme)[0][2] == {"effect": "deny", "approval": str(approval_id)}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_it_lets_only_admins_decide_who_may_call_what(acme: Tenant, role: Role) -> None:
    rule = make(acme)
    somebody = Caller(acme.id, acme.slug, 1, role)
    before = told(acme)
    with within(acme.id):
        with pytest.raises(Forbidden, match="needs the right `people`"):
            make_rule(tenant_id=acme.id, by=somebody, facts=FACTS)
        with pytest.raises(Forbidden):
            change_rule(rule=rule, by=somebody, changes={"enabled": False})
        with pytest.raises(Forbidden):
            remove_rule(rule=rule, by=somebody)
    assert [(each.id, each.enabled) for each in rows(acme)] == [(rule.id, True)]
    assert told(acme) == before


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"name": "  "}, "$.name"),
        ({"name": "a" * 101}, "$.name"),
        ({"name": 5}, "$.name"),
        ({"note": "a" * 2_001}, "$.note"),
        ({"effect": "forbid"}, "$.effect"),
        ({"effect": ["deny"]}, "$.effect"),
        ({"tools": "crm-*"}, "$.tools"),
        ({"tools": ["CRM-*"]}, "$.tools[0]"),
        ({"tools": ["crm-*", "crm find"]}, "$.tools[1]"),
        ({"tools": [""]}, "$.tools[0]"),
        ({"categories": [5]}, "$.categories[0]"),
        ({"providers": ["a" * 65]}, "$.providers[0]"),
        ({"capabilities": ["a"] * 101}, "$.capabilities"),
        ({"node_types": ["effect", "side-effect"]}, "$.node_types[1]"),
        ({"roles": ["boss"]}, "$.roles[0]"),
        ({"agents": ["scout", "nobody"]}, "$.agents[1]"),
        ({"conditions": [{"path": "$", "op": "domain", "value": ""}]}, "$.conditions[0].value"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "$.expires_at"),
    ],
)
def test_it_says_what_is_wrong(acme: Tenant, scout: Agent, facts: dict[str, Any], path: str) -> None:
    with pytest.raises(Invalid) as error:
        make(acme, **facts)
    assert paths(error) == [path]
    assert rows(acme) == []
    assert told(acme) == []


def test_it_says_everything_at_once(acme: Tenant) -> None:
    with pytest.raises(Invalid) as error:
        make(acme, effect="forbid", roles=["boss"], conditions=[{}])
    assert paths(error) == ["$.effect", "$.conditions[0].path", "$.conditions[0].op", "$.roles[0]"]


def test_it_asks_for_a_name_and_an_effect(acme: Tenant) -> None:
    with within(acme.id), pytest.raises(Invalid) as error:
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts={})
    assert paths(error) == ["$.name", "$.effect"]


def test_it_knows_no_agent_of_another_tenant(acme: Tenant, spy: Agent) -> None:
    with pytest.raises(Invalid) as error:
        make(acme, agents=["spy"])
    assert paths(error) == ["$.agents[0]"]


def test_it_refuses_to_set_what_is_not_a_rules_to_say(acme: Tenant) -> None:
    rule = make(acme)
    with within(acme.id), pytest.raises(Invalid) as error:
        change_rule(rule=rule, by=manager_of(acme), changes={"created_by": "nobody"})
    assert paths(error) == ["$.created_by"]
    assert rows(acme)[0].created_by == manager_of(acme).actor


def test_it_changes_what_differs_and_tells_which(acme: Tenant) -> None:
    rule, before = make(acme), generation(acme)
    with within(acme.id):
        change_rule(rule=rule, by=manager_of(acme), changes={"name": "None at all", "effect": "deny", "tools": []})
    assert [(each.name, each.tools) for each in rows(acme)] == [("None at all", [])]
    assert told(acme)[-1] == ("rule.changed", f"rule:{rule.id}", {"effect": "deny", "fields": ["name", "tools"]})
    assert generation(acme) == before + 1


def test_it_does_nothing_when_nothing_differs(acme: Tenant) -> None:
    rule, before = make(acme), generation(acme)
    with within(acme.id):
        change_rule(rule=rule, by=manager_of(acme), changes={"name": rule.name})
    assert (len(told(acme)), generation(acme)) == (1, before)


def test_it_switches_a_rule_off_and_on(acme: Tenant) -> None:
    rule = make(acme)
    with within(acme.id):
        for enabled in (False, True):
            change_rule(rule=rule, by=manager_of(acme), changes={"enabled": enabled})
    assert [action for action, _, _ in told(acme)] == ["rule.made", "rule.disabled", "rule.enabled"]


def test_it_lets_an_expired_rule_be_renamed_but_not_expire_in_the_past(acme: Tenant) -> None:
    rule = make(acme)
    past = timezone.now() - timedelta(days=1)
    with within(acme.id):
        PermissionRule.objects.update(expires_at=past)
        assert change_rule(rule=rule, by=manager_of(acme), changes={"name": "Old"}).name == "Old"
        with pytest.raises(Invalid) as error:
            change_rule(rule=rule, by=manager_of(acme), changes={"expires_at": past - timedelta(days=1)})
    assert paths(error) == ["$.expires_at"]


def test_it_refuses_a_change_that_makes_a_bad_rule(acme: Tenant) -> None:
    rule = make(acme)
    with within(acme.id), pytest.raises(Invalid) as error:
        change_rule(rule=rule, by=manager_of(acme), changes={"tools": ["CRM"]})
    assert paths(error) == ["$.tools[0]"]
    assert rows(acme)[0].tools == ["crm-*"]


def test_it_removes_a_rule_for_good(acme: Tenant) -> None:
    rule, before = make(acme), generation(acme)
    with within(acme.id):
        remove_rule(rule=rule, by=manager_of(acme))
    assert rows(acme) == []
    assert told(acme)[-1] == ("rule.removed", f"rule:{rule.id}", {"effect": "deny"})
    assert generation(acme) == before + 1
    with within(acme.id), pytest.raises(NotFound):
        remove_rule(rule=rule, by=manager_of(acme))


def test_it_finds_nothing_of_another_tenant(acme: Tenant, globex: Tenant) -> None:
    rule = make(acme)
    with within(globex.id):
        for missing in (rule.id, UUID(int=0)):
            with pytest.raises(NotFound):
                find_rule(missing)
        with pytest.raises(NotFound):
            change_rule(rule=rule, by=manager_of(globex), changes={"enabled": False})
    assert rows(acme)[0].enabled


def test_it_refuses_more_rules_than_can_be_looked_at(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "MOST_RULES", 2)
    make(acme)
    make(acme)
    with pytest.raises(Conflict):
        make(acme)
    assert len(rows(acme)) == 2
