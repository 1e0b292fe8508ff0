"""Whether a run whose holders were lost may be redriven without a look at what they did."""

import pytest

from accounts.models import Agent
from accounts.tenancy import within
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.upstream import Upstream
from tests.webhooks.runs.making import attempt_it, make_run
from webhooks.models import WebhookRun
from webhooks.runs.lost import may_repeat


def asked(run: WebhookRun) -> bool:
    with within(run.tenant_id):
        return may_repeat(run)


@pytest.mark.django_db
def test_what_was_never_called_may_be_repeated(scout: Agent) -> None:
    assert asked(make_run(scout)) is True


@pytest.mark.django_db
def test_what_an_agent_did_nobody_knows(scout: Agent) -> None:
    assert asked(make_run(scout, target="agent")) is False


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_safe", [True, False])
def test_what_was_called_may_be_repeated_where_its_tool_is_safe_to_repeat(
    is_safe: bool, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register(definition={"method": "POST", "url": upstream.url}, idempotent=is_safe)
    run = make_run(scout)
    attempt_it(corridor)
    assert len(upstream.received) == 1
    assert asked(run) is is_safe
