"""What a newcomer finds: a webhook that arrives, is routed, and calls a tool."""

import json

import pytest
from django.core.management import call_command

from accounts.models import Agent, Tenant
from accounts.tenancy import platform, within
from config.seed import CLOCK, seed, seed_shared
from config.seed_webhook import EVENT
from memory.tools.specs import SPECS
from registry.models import Tool
from tests.catalogue import Register
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


def test_it_offers_what_all_share_where_there_is_a_tenant(acme: Tenant) -> None:
    assert seed() is None
    with platform():
        assert set(Tool.objects.filter(tenant=None).values_list("slug", flat=True)) == {CLOCK["slug"], *SPECS}
    assert [each for each in seed_shared() if each.is_news] == []


def test_it_says_which_tool_it_could_not_offer(
    acme: Tenant, register: Register, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    register(slug="memory-query")
    call_command("seed", "--shared")
    told = capsys.readouterr().out.splitlines()
    assert "memory-create 1.0.0" in told
    assert [line for line in told if line.startswith("memory-query There is a tool `memory-query` already.")] != []
    assert "The tool memory-query is not offered." in caplog.text
