"""What would become of a call, and which rule decides: nothing is run, written or sent."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from accounts.absent import absent_caller
from accounts.caller import Caller
from accounts.decisions import Decision
from accounts.errors import Fault, Invalid, QuartermasterError
from accounts.models import Agent
from accounts.roles import Right
from accounts.tenancy import within
from registry.breakers.state import Standing, standings
from registry.connections import refuse_end_user
from registry.errors import CircuitOpen
from registry.execution.limit import bounds_on
from registry.execution.permit import call_facts, permit
from registry.execution.resolve import find_target
from registry.execution.types import Target, ToolCall
from registry.execution.validate import validate
from registry.limits.bounds import Bound
from registry.models import ToolVersion
from registry.permissions.policy import CompiledRule


@dataclass(frozen=True)
class Explanation:
    """In the corridor's order; what comes after a tool that was not found is empty."""

    call: ToolCall
    target: Target | None = None
    decision: Decision | None = None
    reason: str = ""
    rule: CompiledRule | None = None
    """The one that decides; None: the default does, or what comes before all rules."""
    default: Decision | None = None
    """The tenant's, where it decides."""
    matching: Sequence[CompiledRule] = ()
    """All that match, the strongest first."""
    faults: Sequence[Fault] = ()
    """What is wrong with the input."""
    limits: Sequence[Bound] = ()
    """Those that the call would be counted against."""
    circuit: Standing | None = None
    problem: QuartermasterError | None = None
    """What it would be refused with, as far as that can be told beforehand."""


def explain(call: ToolCall) -> Explanation:
    """Call it where `call.caller` was found; it opens the tenant's scope itself."""
    try:
        target = _found(call)
    except QuartermasterError as error:
        return Explanation(call, problem=error)
    facts, at = call_facts(call), timezone.now()
    matching = tuple(target.policy.matching(facts, at))
    verdict = target.policy.decide(facts, at)
    refusal, misfit = _problem_of(permit, call, target), _problem_of(validate, call, target)
    circuit = _circuit(call, target)
    before_rules = refusal is not None and "rule" not in refusal.extra  # the role, or an excluded provider
    return Explanation(
        call=call,
        target=target,
        decision=Decision.DENY if refusal else verdict.decision,
        reason=refusal.message if refusal and before_rules else verdict.reason,
        rule=None if before_rules else next((rule for rule in matching if rule.id == verdict.rule_id), None),
        default=None if before_rules or verdict.rule_id else verdict.decision,
        matching=matching,
        faults=tuple(_faults(misfit)),
        limits=tuple(bounds_on(call, target)),
        circuit=circuit,
        problem=refusal or misfit or _closed_door(circuit),
    )


def _found(call: ToolCall) -> Target:
    target = find_target(call.caller.tenant_id, call.tool, call.version, call.end_user)
    if call.end_user and target.connection_id is None:
        refuse_end_user(target.slug, target.transport)
    return target


def _circuit(call: ToolCall, target: Target) -> Standing:
    with within(call.caller.tenant_id):
        version = ToolVersion.objects.select_related("tool").get(id=target.version_id)
        return standings(call.caller.tenant_id, [version], connection_id=target.connection_id)[0]


def _closed_door(circuit: Standing) -> QuartermasterError | None:
    return None if circuit.lets_calls_in else CircuitOpen()


def caller_for(by: Caller, agent: str) -> Caller:
    """Whom to explain it for: oneself, or any agent of the tenant to those who manage them. Inside the tenant's scope.

    Raises Forbidden, also for an agent that is disabled, and Invalid for one that there is not.
    """
    if not agent or agent == by.agent_slug:
        return by
    by.require(Right.PEOPLE)
    found = _agent_id(agent)
    if found is None:
        raise Invalid(faults=[Fault("$.agent", "There is no agent with this slug.")])
    return absent_caller(tenant_id=by.tenant_id, agent_id=found)


def _agent_id(slug: str) -> UUID | None:
    return Agent.objects.filter(slug=slug).values_list("id", flat=True).first()


_Step = Callable[[ToolCall, Target], object]


def _problem_of(step: _Step, call: ToolCall, target: Target) -> QuartermasterError | None:
    try:
        step(call, target)
    except QuartermasterError as error:
        return error
    return None


def _faults(misfit: QuartermasterError | None) -> Iterator[Fault]:
    if misfit is not None:
        yield from misfit.faults or (Fault("$", misfit.message),)
