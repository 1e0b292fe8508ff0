"""The first tenant, person, agent and tools, so that a newcomer's first call works."""

import json
import logging
import secrets
from dataclasses import asdict, dataclass
from typing import Any

from accounts.agents import create_agent
from accounts.caller import System
from accounts.keys import issue_key
from accounts.models import Tenant
from accounts.people import create_person
from accounts.roles import Role
from accounts.tenancy import platform, within
from accounts.tenants import create_tenant
from config import demo_connector
from config.seed_webhook import EVENT, seed_webhook
from integrations.models import ImportedConnector
from memory.tools.specs import SPECS
from registry.offer import Offered, offer_shared
from registry.register import register_tool

log = logging.getLogger(__name__)

SEED = System("seed")
DEMO_TENANT = "demo"
DEMO_TOOL = "demo-echo"
DEMO_EMAIL = "admin@example.com"


@dataclass(frozen=True)
class FirstSecrets:
    """Shown once."""

    login: str
    password: str
    agent_key: str
    tool: str
    curl_body: str
    hook_path: str
    """Where a webhook can be posted to."""
    hook_body: str

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def __repr__(self) -> str:
        return "FirstSecrets(…)"


def seed(*, demo_upstream: str = "") -> FirstSecrets | None:
    """Make the first tenant with its owner, agent and tools; None when there is a tenant already.

    What all tenants share is brought up to date in any case.

    `demo_upstream` is the address of the demo upstream; without it the tool to try is the built-in clock.
    """
    seed_shared()
    with platform():
        if Tenant.objects.exists():
            return None
        tenant = create_tenant(slug=DEMO_TENANT, name="Demo", actor=SEED.actor)
    with within(tenant.id):
        return _people_and_tools(tenant, demo_upstream)


def seed_shared() -> list[Offered]:
    """The tools that come with the product, for all tenants: also in an installation that is older than they are."""
    with platform():
        offered = offer_shared([CLOCK, *SPECS.values()], by=SEED)
    for each in offered:
        if each.why_not:
            log.warning("The tool %s is not offered. %s", each.slug, each.why_not, extra={"action": "tool_not_offered"})
    return offered


def _people_and_tools(tenant: Tenant, demo_upstream: str) -> FirstSecrets:
    password = secrets.token_urlsafe(12)
    create_person(
        tenant=tenant,
        email=DEMO_EMAIL,
        role=Role.OWNER,
        password=password,
        by=SEED,
        is_platform_owner=True,
    )
    agent = create_agent(tenant=tenant, slug="first-agent", name="First agent", by=SEED)
    issued = issue_key(agent=agent, name="first", by=SEED)
    tool, body = "clock", '{"input": {"timezone": "Europe/Berlin"}}'
    template: dict[str, Any] = {"timezone": "Europe/Berlin"}
    if demo_upstream:
        register_tool(by=SEED, spec=echo_tool(demo_upstream))
        document = demo_connector.document(demo_upstream)
        ImportedConnector.objects.create(tenant=tenant, slug=demo_connector.SLUG, document=document, source="yaml")
        tool, body = DEMO_TOOL, '{"input": {"message": "hello"}}'
        template = {"message": "Hello {{ body.name }}"}
    return FirstSecrets(
        login=DEMO_EMAIL,
        password=password,
        agent_key=issued.secret,
        tool=tool,
        curl_body=body,
        hook_path=seed_webhook(tenant=tenant, by=SEED, tool=tool, template=template),
        hook_body=json.dumps(EVENT),
    )


CLOCK: dict[str, Any] = {
    "slug": "clock",
    "name": "Clock",
    "description": "Says what time it is, in any time zone.",
    "version": "1.0.0",
    "category": "time",
    "source": "platform",
    "node_type": "compute",
    "capabilities": {"operations": ["now"]},
    "input_schema": {
        "type": "object",
        "properties": {"timezone": {"type": "string", "description": "A name such as Europe/Berlin; UTC if left out."}},
        "additionalProperties": False,
    },
    "output_schema": {
        "type": "object",
        "properties": {"now": {"type": "string"}, "timezone": {"type": "string"}},
        "required": ["now", "timezone"],
    },
    "transport": "builtin",
    "definition": {"function": "clock"},
    "read_only": True,
}


def echo_tool(upstream: str) -> dict[str, Any]:
    """A tool on the demo upstream, which answers with what it was sent."""
    return {
        "slug": DEMO_TOOL,
        "name": "Echo",
        "description": "Sends a message to the demo service, which answers with what it received.",
        "version": "1.0.0",
        "category": "demo",
        "capabilities": {"operations": ["echo"]},
        "input_schema": {
            "type": "object",
            "properties": {
                "message": {"type": "string", "description": "What to say."},
                "loud": {"type": "boolean", "description": "Goes into the query, to show where properties can go."},
            },
            "required": ["message"],
            "additionalProperties": False,
        },
        "transport": "http",
        "definition": {"method": "POST", "url": f"{upstream}/echo", "query": {"loud": "loud"}, "body": "rest"},
        "timeout_ms": 5000,
        "health_endpoint": f"{upstream}/health",
    }
