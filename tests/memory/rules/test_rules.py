from uuid import uuid4

import pytest

from accounts.caller import System
from accounts.errors import Conflict, Forbidden, Invalid
from accounts.models import Agent, AuditEntry, Tenant
from accounts.tenancy import within
from memory.access import reach_of
from memory.errors import NamespaceRuleNotFound
from memory.intervals import covers
from memory.models import NamespaceRule
from memory.rules import create
from memory.rules.change import change_rule
from memory.rules.create import create_rule
from memory.rules.find import find_rule, list_rules
from memory.rules.remove import remove_rule
from tests.memory.remembering import agent_caller

pytestmark = pytest.mark.django_db
ADMIN = System("tests")


def test_it_says_what_an_agent_may_do_from_the_next_request_on(acme: Tenant, scout: Agent) -> None:
    with within(acme.id):
        assert covers(reach_of(agent_caller(scout)).readable, "secret/x/")
        rule = create_rule(tenant_id=acme.id, by=ADMIN, namespace="secret", access="none", agent="scout")
        assert (rule.namespace, rule.access, rule.agent) == ("secret/", "none", scout)
        assert not covers(reach_of(agent_caller(scout)).readable, "secret/x/")
        change_rule(by=ADMIN, rule_id=rule.id, access="read")
        reach = reach_of(agent_caller(scout))
        assert covers(reach.readable, "secret/x/")
        assert not covers(reach.writable, "secret/x/")
        remove_rule(by=ADMIN, rule_id=rule.id)
        assert covers(reach_of(agent_caller(scout)).writable, "secret/x/")


def test_it_is_about_every_agent_and_everywhere_where_none_is_named(acme: Tenant) -> None:
    with within(acme.id):
        rule = create_rule(tenant_id=acme.id, by=ADMIN, namespace="/", access="read")
        assert (rule.namespace, rule.agent) == ("", None)


def test_it_tells_the_audit_trail(acme: Tenant, scout: Agent) -> None:
    with within(acme.id):
        rule = create_rule(tenant_id=acme.id, by=ADMIN, namespace="crm", access="read", agent="scout")
        change_rule(by=ADMIN, rule_id=rule.id, access="read")
        change_rule(by=ADMIN, rule_id=rule.id, access="write")
        remove_rule(by=ADMIN, rule_id=rule.id)
        told = AuditEntry.objects.filter(subject=f"namespace_rule:{rule.id}").order_by("id")
        assert [(each.action, each.detail) for each in told] == [
            ("namespace_rule.created", {"namespace": "crm/", "access": "read", "agent": str(scout.id)}),
            ("namespace_rule.changed", {"namespace": "crm/", "access": "write"}),
            ("namespace_rule.removed", {"namespace": "crm/", "access": "write"}),
        ]


@pytest.mark.parametrize(
    ("facts", "path"),
    [
        ({"namespace": "a b", "access": "read"}, "$.namespace"),
        ({"namespace": "a", "access": "own"}, "$.access"),
        ({"namespace": "a", "access": "read", "agent": "nobody"}, "$.agent"),
    ],
)
def test_it_refuses_what_is_no_rule(acme: Tenant, facts: dict[str, str], path: str) -> None:
    with within(acme.id):
        with pytest.raises(Invalid) as refused:
            create_rule(tenant_id=acme.id, by=ADMIN, **facts)
        assert [fault.path for fault in refused.value.faults] == [path]
        assert not NamespaceRule.objects.exists()


def test_it_refuses_another_rule_for_the_same(acme: Tenant) -> None:
    with within(acme.id):
        create_rule(tenant_id=acme.id, by=ADMIN, namespace="a", access="read")
        with pytest.raises(Conflict, match="Change that one"):
            create_rule(tenant_id=acme.id, by=ADMIN, namespace="a/", access="write")
        assert list(NamespaceRule.objects.values_list("access", flat=True)) == ["read"]


def test_it_refuses_more_than_a_tenant_may_have(acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(create, "MOST_NAMESPACE_RULES", 1)
    with within(acme.id):
        create_rule(tenant_id=acme.id, by=ADMIN, namespace="a", access="read")
        with pytest.raises(Conflict, match="There are 1 rules"):
            create_rule(tenant_id=acme.id, by=ADMIN, namespace="b", access="read")
        assert NamespaceRule.objects.count() == 1


def test_it_refuses_who_has_no_right_to_people(acme: Tenant, scout: Agent) -> None:
    by = agent_caller(scout)
    with within(acme.id):
        rule = create_rule(tenant_id=acme.id, by=ADMIN, namespace="a", access="none")
        for act in (
            lambda: create_rule(tenant_id=acme.id, by=by, namespace="b", access="write"),
            lambda: change_rule(by=by, rule_id=rule.id, access="write"),
            lambda: remove_rule(by=by, rule_id=rule.id),
            lambda: list_rules(by=by),
        ):
            with pytest.raises(Forbidden):
                act()
        assert list(NamespaceRule.objects.values_list("namespace", "access")) == [("a/", "none")]


def test_it_does_not_find_another_tenants_rule(acme: Tenant, globex: Tenant) -> None:
    with within(globex.id):
        theirs = create_rule(tenant_id=globex.id, by=ADMIN, namespace="a", access="none")
    with within(acme.id):
        for act in (
            lambda: find_rule(by=ADMIN, rule_id=theirs.id),
            lambda: change_rule(by=ADMIN, rule_id=theirs.id, access="write"),
            lambda: remove_rule(by=ADMIN, rule_id=theirs.id),
            lambda: find_rule(by=ADMIN, rule_id=uuid4()),
        ):
            with pytest.raises(NamespaceRuleNotFound):
                act()
        assert list(list_rules(by=ADMIN)) == []
    with within(globex.id):
        assert NamespaceRule.objects.get(id=theirs.id).access == "none"


def test_it_lists_those_of_one_agent(acme: Tenant, scout: Agent) -> None:
    with within(acme.id):
        create_rule(tenant_id=acme.id, by=ADMIN, namespace="a", access="read")
        own = create_rule(tenant_id=acme.id, by=ADMIN, namespace="b", access="read", agent="scout")
        assert list(list_rules(by=ADMIN, agent="scout")) == [own]
