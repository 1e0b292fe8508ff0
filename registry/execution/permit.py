"""Step 2: may this caller call this tool with this input. A pure decision; deny beats ask beats allow."""

from django.utils import timezone

from accounts.decisions import Decision
from accounts.errors import Forbidden
from accounts.roles import Right
from registry.execution.repeating import is_safe_to_repeat
from registry.execution.types import Target, ToolCall
from registry.permissions.policy import CallFacts, Verdict

_ALLOWED = Verdict(Decision.ALLOW)


def permit(call: ToolCall, target: Target) -> Verdict:
    """Allow or ask. Raises Forbidden, saying which rule decided and who can change it."""
    call.caller.require(Right.CALL)
    _refuse_excluded(call, target)
    _refuse_broken_promise(call, target)
    if target.policy.is_open:
        return _ALLOWED
    verdict = target.policy.decide(call_facts(call), timezone.now())
    if verdict.decision is Decision.DENY:
        raise Forbidden(
            f"You may not call `{target.slug}` like this: {verdict.reason} An admin of your tenant can change that; "
            "`POST /api/v1/executions/explain/` tells which rules there are to a call.",
            extra={"rule": verdict.rule_id and str(verdict.rule_id)},
        )
    return verdict


def _refuse_excluded(call: ToolCall, target: Target) -> None:
    """The agent's own provider counts whatever the call claims: a claim can only exclude more."""
    for provider in (call.caller.provider, call.provider):
        if provider and provider in target.excluded_providers:
            raise Forbidden(
                f"`{target.slug}` is not for agents of the provider `{provider}`: its `excluded_providers` say so."
            )


def _refuse_broken_promise(call: ToolCall, target: Target) -> None:
    """A composite is repeated, and allowed by rules, as what it says of itself; its tools may have changed since."""
    composite = call.made_by
    if composite is None:
        return
    if composite.read_only and not target.read_only:
        raise _broken("read_only", composite, target)
    if composite.idempotent and not is_safe_to_repeat(target):
        raise _broken("idempotent", composite, target)


def _broken(promise: str, composite: Target, target: Target) -> Forbidden:
    return Forbidden(
        f"`{composite.slug}` {composite.version} says that it is `{promise}`, and `{target.slug}` {target.version} is "
        f"not, so it was not called. Publish a version of `{composite.slug}` that does not say so, or one that calls "
        f"an earlier version of `{target.slug}`."
    )


def call_facts(call: ToolCall) -> CallFacts:
    """What permission rules look at."""
    caller = call.caller
    return CallFacts(call.input, caller.agent_slug, caller.role, caller.provider, call.provider)
