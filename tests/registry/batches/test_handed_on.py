"""What is masked of one call is masked of those that it is handed on to, and of the composite around them."""

from typing import Any

import pytest

from accounts.models import Tenant
from accounts.tenancy import within
from registry.approvals.decide import approve
from registry.execution.resume import resume
from registry.models import Approval, Execution, Tool
from registry.models.execution import Status
from registry.permissions.rules import make_rule
from tests.catalogue import manager_of
from tests.corridor import Corridor
from tests.registry.batches.answering import Answering, says
from tests.registry.batches.conftest import Offer

pytestmark = pytest.mark.django_db(transaction=True)

FIELD, ECHO = "[redacted:field]", "[redacted:secret]"
SECRETIVE = {"type": "object", "properties": {name: {"x-sensitive": True} for name in ("nick", "pin")}}
ADA = {"nick": "Hush-Hush", "pin": 7, "age": 7}
NICK, PIN = ({"$from": "who", "path": f"$.{name}"} for name in ("nick", "pin"))
CALLS: list[dict[str, Any]] = [
    {"id": "who", "tool": "who"},
    {"id": "greet", "tool": "greet", "input": {"to": NICK, "code": PIN, "times": 7}},
]


@pytest.fixture
def greeting(offer: Offer, upstream: Answering) -> Tool:
    """`who` declares what is secret in its output; `greet` knows nothing of it."""
    offer("who", output_schema=SECRETIVE)
    upstream.on("/who", says(ADA))
    upstream.on("/greet", lambda body: says({"said": f"Hello {body['to']}!", "times": body["times"]}))
    return offer("greet")


def rows(tenant: Tenant) -> dict[str, Execution]:
    with within(tenant.id):
        return {row.tool_slug: row for row in Execution.objects.order_by("id")}


def compose(offer: Offer, output: Any = None, **changes: Any) -> Tool:
    definition = {"calls": CALLS} if output is None else {"calls": CALLS, "output": output}
    return offer("both", transport="composite", definition=definition, **changes)


def assert_greet_hides_it(row: Execution) -> None:
    assert row.input == {"to": FIELD, "code": FIELD, "times": 7}
    assert row.output == {"said": f"Hello {ECHO}!", "times": 7}


def test_it_stays_masked_in_a_batch_and_is_told_to_the_caller(
    acme: Tenant, corridor: Corridor, greeting: Tool, upstream: Answering
) -> None:
    outcomes = corridor.post("executions/batch/", {"calls": CALLS}).json()["outcomes"]
    assert [each["output"] for each in outcomes] == [ADA, {"said": "Hello Hush-Hush!", "times": 7}]
    assert upstream.sent_to("/greet") == [{"to": "Hush-Hush", "code": 7, "times": 7}]
    assert_greet_hides_it(rows(acme)["greet"])


def test_it_stays_masked_in_a_composite_and_is_told_to_the_caller(
    acme: Tenant, corridor: Corridor, greeting: Tool, offer: Offer
) -> None:
    compose(offer)
    told = {"who": ADA, "greet": {"said": "Hello Hush-Hush!", "times": 7}}
    assert corridor.call("both", {}).output == told
    assert_greet_hides_it(rows(acme)["greet"])
    assert rows(acme)["both"].output == {
        "who": {"nick": FIELD, "pin": FIELD, "age": 7},
        "greet": {"said": f"Hello {ECHO}!", "times": 7},
    }


def test_it_stays_masked_in_the_output_that_a_composite_makes(
    acme: Tenant, corridor: Corridor, greeting: Tool, offer: Offer
) -> None:
    output = {"name": NICK, "code": PIN, "age": {"$from": "who", "path": "$.age"}}
    compose(offer, output, response_mapping="{called: name, code: code, age: age}")
    assert corridor.call("both", {}).output == {"called": "Hush-Hush", "code": 7, "age": 7}
    assert rows(acme)["both"].output == {"called": FIELD, "code": FIELD, "age": 7}


def test_it_stays_masked_when_the_answer_comes_from_the_cache(
    acme: Tenant, corridor: Corridor, offer: Offer, greeting: Tool, upstream: Answering
) -> None:
    offer("reads", output_schema=SECRETIVE, read_only=True)
    upstream.on("/reads", says(ADA))
    definition = {"calls": [{"id": "a", "tool": "reads"}], "output": {"$from": "a"}}
    offer("kept", transport="composite", definition=definition, read_only=True, cache_seconds=60)
    first, again = corridor.call("kept", {}), corridor.call("kept", {})
    assert (first.output, again.output, again.cached) == (ADA, ADA, True)
    assert rows(acme)["kept"].output == {"nick": FIELD, "pin": FIELD, "age": 7}


def test_it_masks_all_where_there_is_too_much_to_look_for(
    acme: Tenant, corridor: Corridor, greeting: Tool, upstream: Answering
) -> None:
    upstream.on("/who", says({**ADA, "nick": "x" * 20_001}))
    outcomes = corridor.post("executions/batch/", {"calls": CALLS}).json()["outcomes"]
    assert outcomes[1]["output"] == {"said": f"Hello {'x' * 20_001}!", "times": 7}
    row = rows(acme)["greet"]
    assert (row.input, row.output) == ({"to": FIELD, "code": FIELD, "times": 7}, {"said": FIELD, "times": FIELD})


def test_it_stays_masked_in_the_error_of_a_composite(
    acme: Tenant, corridor: Corridor, greeting: Tool, offer: Offer, upstream: Answering
) -> None:
    upstream.on("/greet", lambda body: says({"sorry": f"No {body['to']} here"}, 422))
    compose(offer)
    outcome = corridor.call("both", {})
    assert outcome.error is not None
    assert outcome.error["cause"]["error"]["upstream"]["body"] == {"sorry": "No Hush-Hush here"}
    for slug in ("greet", "both"):
        assert "Hush-Hush" not in str(rows(acme)[slug].error)
    assert (rows(acme)["both"].error or {})["code"] == "call_failed"


def test_it_hands_what_is_secret_of_its_own_input_on_as_such(
    acme: Tenant, corridor: Corridor, greeting: Tool, offer: Offer
) -> None:
    to = {"$from": "input", "path": "$.nick"}
    calls = [{"id": "greet", "tool": "greet", "input": {"to": to, "code": 1, "times": 7}}]
    offer("both", transport="composite", definition={"calls": calls}, input_schema=SECRETIVE)
    assert corridor.call("both", {"nick": "Hush-Hush"}).output["greet"]["said"] == "Hello Hush-Hush!"
    assert rows(acme)["greet"].input == {"to": FIELD, "code": 1, "times": 7}
    assert rows(acme)["both"].output == {"greet": {"said": f"Hello {ECHO}!", "times": 7}}


def test_it_follows_the_stricter_policy_of_where_it_comes_from(
    acme: Tenant, corridor: Corridor, greeting: Tool, offer: Offer, upstream: Answering
) -> None:
    upstream.on("/who", says({"mail": "ada@example.com"}))
    with within(acme.id):
        Tenant.objects.filter(id=acme.id).update(redaction={"stored": {"email": "keep"}})
        Tool.objects.filter(slug="who").update(redaction={"stored": {"email": "mask"}})
    offer("loose")
    values = {"mail": {"$from": "who", "path": "$.mail"}, "own": "b@example.com"}
    calls = [{"id": "who", "tool": "who"}, {"id": "b", "tool": "loose", "input": values}]
    corridor.post("executions/batch/", {"calls": calls})
    row = rows(acme)["loose"]
    assert row.input == {"mail": "[redacted:email]", "own": "b@example.com"}
    assert row.output == {"mail": ECHO, "own": "b@example.com"}


def test_it_stays_masked_in_a_call_that_waited_for_a_person(
    acme: Tenant, corridor: Corridor, greeting: Tool, upstream: Answering
) -> None:
    with within(acme.id):
        make_rule(tenant_id=acme.id, by=manager_of(acme), facts={"name": "ask", "effect": "ask", "tools": ["greet"]})
    corridor.post("executions/batch/", {"calls": CALLS})
    with within(acme.id):
        approval = Approval.objects.get()
        assert approval.input == {"to": FIELD, "code": FIELD, "times": 7}
        approve(approval=approval, by=manager_of(acme))
    outcome = corridor.loop.run(resume(acme.id, approval.execution_id))
    assert outcome is not None
    assert (outcome.status, outcome.output["said"]) == (Status.SUCCEEDED, "Hello Hush-Hush!")
    assert_greet_hides_it(rows(acme)["greet"])


def test_it_stays_masked_when_a_batch_is_sent_again(
    acme: Tenant, corridor: Corridor, greeting: Tool, upstream: Answering
) -> None:
    """`who` is told again, `greet` is called for the first time: nothing had been sent under its key."""
    with within(acme.id):
        Tool.objects.filter(slug="greet").update(enabled=False)
    first = corridor.post("executions/batch/", {"calls": CALLS}, idempotency_key="k").json()["outcomes"]
    assert [each["status"] for each in first] == ["succeeded", "refused"]
    with within(acme.id):
        Tool.objects.filter(slug="greet").update(enabled=True)
        Tenant.objects.filter(id=acme.id).update(generation=acme.generation + 1)
    again = corridor.post("executions/batch/", {"calls": CALLS}, idempotency_key="k").json()["outcomes"]
    assert again[1]["output"] == {"said": "Hello Hush-Hush!", "times": 7}
    assert len(upstream.sent_to("/who")) == 1
    assert_greet_hides_it(rows(acme)["greet"])
