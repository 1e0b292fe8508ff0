"""Step 2: may this caller call this tool. A pure decision; deny beats ask beats allow."""

from accounts.errors import Forbidden
from accounts.roles import Right
from registry.execution.types import Decision, Target, ToolCall


def permit(call: ToolCall, target: Target) -> Decision:
    """Raises Forbidden, saying which rule decided and who can change it."""
    call.caller.require(Right.CALL)
    provider = call.provider or call.caller.provider
    if provider and provider in target.excluded_providers:
        raise Forbidden(
            f"`{target.slug}` is not for agents of the provider `{provider}`: its `excluded_providers` say so."
        )
    return Decision.ALLOW
