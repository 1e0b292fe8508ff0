from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Agent, Tenant
from accounts.roles import Role
from accounts.tenancy import within
from registry.models import Approval, PermissionRule
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.doors import Api
from tests.registry.approvals.asking import rule_for
from tests.registry.approvals.questions import approvals, execution_of, told
from tests.upstream import Upstream

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7, "email": "ada@example.com"}


@pytest.fixture
def question(acme: Tenant, corridor: Corridor, register: Register) -> Approval:
    """A rule asks about what scout wants."""
    register()
    rule_for(acme)
    corridor.call("crm-find", INPUT)
    return approvals(acme)[-1]


@pytest.fixture
def steward(acme: Tenant) -> Agent:
    return make_agent(acme, "steward", Role.ADMIN)


@pytest.fixture
def steward_api(steward: Agent) -> Api:
    return Api(make_key(steward))


class TestTheCaller:
    def test_is_told_that_it_waits(
        self, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
    ) -> None:
        register()
        rule_for(acme)
        answer = corridor.post("tools/crm-find/execute/", {"input": INPUT})
        assert answer.status_code == 202
        told = answer.json()
        assert (told["status"], told["waits_for"], told["output"], told["error"]) == ("pending", "approval", None, None)
        assert answer["Location"] == f"/api/v1/executions/{told['id']}/"
        assert corridor.get(f"executions/{told['id']}/").json()["status"] == "pending"
        assert upstream.received == []

    def test_is_told_the_same_when_it_asks_with_the_same_key(
        self, acme: Tenant, corridor: Corridor, register: Register
    ) -> None:
        register()
        rule_for(acme)
        first, again = (
            corridor.post("tools/crm-find/execute/", {"input": INPUT}, idempotency_key="order-1") for _ in range(2)
        )
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json()["id"] == again.json()["id"]
        assert len(approvals(acme)) == 1

    def test_reads_why_it_was_refused(self, question: Approval, corridor: Corridor, steward_api: Api) -> None:
        assert steward_api.post(f"approvals/{question.id}/refuse/", {"reason": "Not today."}).status_code == 200
        execution = corridor.get(f"executions/{question.execution_id}/").json()
        assert (execution["status"], execution["error"]["code"]) == ("refused", "forbidden")
        assert execution["error"]["detail"] == "steward refused this call: Not today."


class TestLooking:
    def test_it_shows_one(self, question: Approval, scout: Agent, api: Api) -> None:
        shown = api.get(f"approvals/{question.id}/").json()
        assert shown == {
            "id": str(question.id),
            "state": "waiting",
            "execution": str(question.execution_id),
            "execution_status": "pending",
            "tool": "crm-find",
            "version": "1.0.0",
            "operation": "",
            "agent": "scout",
            "asked_by": f"agent:{scout.id}",
            "input": execution_of(question).input,
            "rule": str(question.rule_id),
            "why": "the rule “Ask about the CRM” asks for a person's approval.",
            "requested_at": shown["requested_at"],
            "expires_at": shown["expires_at"],
            "decided_by": "",
            "decided_at": None,
            "reason": "",
            "remembered_rule": None,
        }

    def test_it_lists_the_newest_first(self, question: Approval, corridor: Corridor, api: Api) -> None:
        corridor.call("crm-find", {"account": 8})
        found = api.get("approvals/").json()["results"]
        assert [each["input"]["account"] for each in found] == [8, 7]

    def test_it_is_leafed_through(self, question: Approval, corridor: Corridor, api: Api) -> None:
        corridor.call("crm-find", {"account": 8})
        first = api.get("approvals/", {"limit": 1}).json()
        second = api.get(first["next"].partition("/api/v1/")[2]).json()
        assert [each["input"]["account"] for each in (*first["results"], *second["results"])] == [8, 7]

    @pytest.mark.parametrize(
        ("query", "number"),
        [
            ({"state": "waiting"}, 1),
            ({"state": "approved"}, 0),
            ({"tool": "crm-find"}, 1),
            ({"tool": "crm"}, 0),
            ({"agent": "scout"}, 1),
            ({"agent": "spy"}, 0),
        ],
    )
    def test_it_narrows(self, question: Approval, api: Api, query: dict[str, str], number: int) -> None:
        assert len(api.get("approvals/", query).json()["results"]) == number

    def test_it_refuses_a_state_that_there_is_not(self, api: Api) -> None:
        answer = api.get("approvals/", {"state": "pending"})
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "state")

    def test_it_lets_every_role_look(self, acme: Tenant, question: Approval) -> None:
        reader = Api(make_key(make_agent(acme, "reader", Role.VIEWER)))
        assert len(reader.get("approvals/").json()["results"]) == 1

    def test_it_shows_nothing_of_another_tenant(self, question: Approval, spy_api: Api) -> None:
        assert spy_api.get("approvals/").json()["results"] == []
        answer = spy_api.get(f"approvals/{question.id}/")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


class TestAnswering:
    def test_it_approves(self, question: Approval, steward: Agent, steward_api: Api) -> None:
        answer = steward_api.post(f"approvals/{question.id}/approve/")
        assert answer.status_code == 200
        shown = answer.json()
        assert (shown["state"], shown["decided_by"]) == ("approved", f"agent:{steward.id}")
        assert execution_of(question).waits_for == "worker"

    def test_it_remembers(self, question: Approval, steward_api: Api) -> None:
        until = timezone.now() + timedelta(days=1)
        remember = {"scope": "agent", "arguments": ["account"], "until": until.isoformat()}
        shown = steward_api.post(f"approvals/{question.id}/approve/", {"remember": remember}).json()
        with within(question.tenant_id):
            rule = PermissionRule.objects.get(id=shown["remembered_rule"])
        assert (rule.agents, rule.conditions[0]["value"], rule.expires_at) == (["scout"], 7, until)
        told_rule = steward_api.get(f"permission-rules/{rule.id}/").json()
        assert (told_rule["approval"], told_rule["answers"]) == (str(question.id), str(question.rule_id))

    @pytest.mark.parametrize(
        ("body", "path"),
        [
            ({"remember": {"scope": "nobody"}}, "$.remember.scope"),
            ({"remember": {}}, "$.remember.scope"),
            ({"remember": True}, "$.remember"),
            ({"remember": {"scope": "agent", "arguments": "account"}}, "$.remember.arguments"),
            ({"remember": {"scope": "agent", "until": "soon"}}, "$.remember.until"),
            ({"remember": {"scope": "agent", "until": "2020-01-01T00:00:00Z"}}, "$.remember.until"),
            ({"remember": {"scope": "agent", "arguments": ["nobody"]}}, "$.remember.arguments[0]"),
            ({"reason": "I like it"}, "$.reason"),
        ],
    )
    def test_it_takes_nothing_else(self, question: Approval, steward_api: Api, body: dict[str, Any], path: str) -> None:
        answer = steward_api.post(f"approvals/{question.id}/approve/", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.json()
        assert answer.json()["errors"][0]["path"] == path
        assert told(question) == ["approval.requested"]

    def test_it_tells_who_comes_second_who_was_faster(self, question: Approval, steward_api: Api) -> None:
        assert steward_api.post(f"approvals/{question.id}/refuse/").status_code == 200
        answer = steward_api.post(f"approvals/{question.id}/approve/")
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        assert answer.json()["detail"].startswith("steward refused this call at ")
        assert execution_of(question).status == "refused"

    @pytest.mark.parametrize("verb", ["approve", "refuse"])
    def test_it_is_not_for_who_merely_calls(
        self, acme: Tenant, question: Approval, api: Api, upstream: Upstream, verb: str
    ) -> None:
        for who in (api, Api(make_key(make_agent(acme, "reader", Role.VIEWER)))):
            answer = who.post(f"approvals/{question.id}/{verb}/")
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
        assert told(question) == ["approval.requested"]
        assert upstream.received == []

    @pytest.mark.parametrize("verb", ["approve", "refuse"])
    def test_another_tenant_finds_none(self, question: Approval, spy_api: Api, verb: str) -> None:
        assert spy_api.post(f"approvals/{question.id}/{verb}/").status_code == 404
        assert told(question) == ["approval.requested"]
