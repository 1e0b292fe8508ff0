"""Every action as it was published, called for real: the http transport against a server that plays the vendor."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.errors import QuartermasterError
from integrations.connections.auth import Held, scheme
from integrations.connections.grant import CallGrant
from integrations.format.types import Action
from integrations.mapping import apply_mapping
from registry.transports import TRANSPORTS
from registry.transports.base import Declared, Dispatch
from tests.integrations.connectors.credentials import carries_nothing, shows
from tests.integrations.connectors.fixtures import Fixture
from tests.integrations.connectors.playing import assert_sent, examples, held_for
from tests.integrations.connectors.test_contract import BY_SLUG
from tests.integrations.connectors.vendor import Vendor
from tests.registry.execution.calls import a_caller


def grant_for(held: Held, vendor: Vendor) -> CallGrant:
    return CallGrant(
        connection_id=uuid4(),
        credential_id=uuid4(),
        token_version=0,
        base_url=held.base_url,
        origins=vendor.origins,
        refreshable=False,
        secrets=held.secrets,
        apply=lambda request: scheme(held.way.type).apply(request, held),
    )


async def call(action: Action, values: Any, grant: CallGrant, vendor: Vendor) -> Any:
    """What the tool gives. Raises leaves of the error tree."""
    dispatch = Dispatch(
        declared=Declared(vendor.moved_definition(action.definition), {}, action.input_schema),
        input=values,
        operation="",
        timeout_seconds=10,
        caller=a_caller(),
        egress_networks=None,
        grant=grant,
    )
    reply = await TRANSPORTS["http"].send(dispatch)
    return apply_mapping(action.response_mapping, reply.output) if action.response_mapping else reply.output


@examples("action")
async def test_it_sends_and_gives_what_was_published(fixture: Fixture, vendor: Vendor) -> None:
    connector = BY_SLUG[fixture.connector]
    action = connector.action(fixture.about)
    assert action is not None
    held = held_for(fixture, vendor)
    vendor.will_answer(connector, fixture, action.definition.get("steps", ()))
    if fixture.error is None:
        assert await call(action, fixture.input, grant_for(held, vendor), vendor) == fixture.output
    else:
        with pytest.raises(QuartermasterError) as refused:
            await call(action, fixture.input, grant_for(held, vendor), vendor)
        assert refused.value.code == fixture.error["code"]
        assert fixture.error["message"] in f"{refused.value.message} {refused.value.extra}"
    assert_sent(fixture, held.way, vendor.received())
    assert all(shows(held.way, received) for received in vendor.home.received)
    assert all(carries_nothing(held.way, received) for received in vendor.elsewhere.received)
