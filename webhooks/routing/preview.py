"""What a route, saved or not, would make of an event that is stored: nothing is run, written or sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.errors import Conflict, Fault, Forbidden, Invalid
from accounts.roles import Role
from integrations.redaction import redact
from registry.execution.types import ToolCall
from registry.explain import Explanation, explain
from webhooks.events.document import document_of
from webhooks.events.raw import open_raw
from webhooks.models import WebhookEvent, WebhookRoute
from webhooks.models.event import EventStatus
from webhooks.models.route import Target
from webhooks.routing.fill import Filled, fill, order_key
from webhooks.routing.match import Look, look


@dataclass(frozen=True)
class Preview:
    look: Look
    input: Mapping[str, Any] | None = None
    """As it may be stored; None: the event does not suit the template, as `faults` say."""
    faults: Sequence[Fault] = ()
    end_user: str = ""
    order_key: str = ""
    call: Explanation | None = None
    """What the corridor would say of the call; None: there is no input, or it goes to an agent."""


def preview(route: WebhookRoute, event: WebhookEvent, by: Caller) -> Preview:
    """Also of a route that does not match. Raises EventEmptied, SealBroken, VaultLocked; Conflict for what no route
    ever sees: a handshake, with which a secret may come, and what was refused, of which nobody knows who sent it.
    """
    if event.status == EventStatus.CHALLENGE:
        raise Conflict("This is a handshake, and no route ever sees one. Choose an event that was accepted.")
    if event.status == EventStatus.REJECTED:
        raise Conflict(
            f"This was refused when it came (`{event.reason}`), and no route ever sees it. Choose an event that was "
            "accepted."
        )
    document = document_of(event, open_raw(event))
    found = look(route, event.source_id, document.plain)
    key = order_key(route, document)
    try:
        filled = fill(route, document)
        call = _explained(route, filled, by) if route.target == Target.TOOL else None
    except Invalid as error:
        return Preview(found, faults=error.faults, order_key=key)
    except Forbidden as error:
        return Preview(found, faults=[Fault("$.agent", error.message)], order_key=key)
    end_user = redact(filled.end_user, secrets=document.hidden, rules=document.rules).value
    return Preview(found, input=filled.masked, end_user=end_user, order_key=key, call=call)


def _explained(route: WebhookRoute, filled: Filled, by: Caller) -> Explanation:
    """Raises Forbidden when the route's agent is disabled."""
    return explain(
        ToolCall(
            caller=_caller(route, by),
            tool=route.tool,
            version=route.version,
            operation=route.operation,
            input=filled.input,
            masked=filled.masked,
            end_user=filled.end_user,
        )
    )


def _caller(route: WebhookRoute, by: Caller) -> Caller:
    """As whom the tool will be called, also where the agent is still to be made."""
    agent = route.agent
    if not agent._state.adding:
        return absent_caller(tenant_id=route.tenant_id, agent_id=agent.id)
    return replace(
        by,
        role=Role(agent.role),
        agent_id=agent.id,
        agent_slug=agent.slug,
        person_id=None,
        key_id=None,
        provider="",
    )
