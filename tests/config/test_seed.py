"""What a newcomer finds: a webhook that arrives, is routed, and calls a tool."""

import json

import pytest

from accounts.models import Agent, Tenant
from accounts.tenancy import platform, within
from config.seed import seed
from config.seed_webhook import EVENT
from webhooks.models import WebhookRoute, WebhookSource
from webhooks.routing.match import look
from webhooks.sources.address import path_of, token_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("upstream", "tool", "template"),
    [
        ("", "clock", {"timezone": "Europe/Berlin"}),
        ("http://127.0.0.1:9", "demo-echo", {"message": "Hello {{ body.name }}"}),
    ],
)
def test_it_makes_a_source_and_a_route_that_take_the_welcomes_event(
    upstream: str, tool: str, template: dict[str, str]
) -> None:
    made = seed(demo_upstream=upstream)
    assert made is not None
    with platform():
        tenant = Tenant.objects.get()
    with within(tenant.id):
        source, route = WebhookSource.objects.get(), WebhookRoute.objects.get()
        assert (source.slug, source.unsigned, made.hook_path) == ("demo", True, path_of(token_of(source)))
        assert (route.tool, route.input, route.agent) == (tool, template, Agent.objects.get(slug="route-greetings"))
    assert json.loads(made.hook_body) == EVENT
    document = {"type": EVENT["type"], "body": EVENT, "headers": {}, "query": {}}
    assert look(route, source.id, document).matched is True


def test_it_makes_nothing_where_there_is_a_tenant(acme: Tenant) -> None:
    assert seed() is None
    with platform():
        assert not WebhookSource.objects.exists()
