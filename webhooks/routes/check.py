"""What makes a route a good one: a fault with its path for everything that is wrong."""

from collections.abc import Iterator

from accounts.errors import Fault
from integrations.mapping import check_mapping
from registry.catalogue import find_tool
from registry.errors import ToolNotFound
from registry.semver import is_range
from registry.timeouts import LONGEST_TIMEOUT_MS
from webhooks.models import WebhookRoute
from webhooks.models.route import Target
from webhooks.queue.check_schedule import check_schedule
from webhooks.routing.conditions import condition_faults
from webhooks.routing.template import check_template, is_one_expression

MOST_TYPES = 100
LONGEST_TYPE = 200
FURTHEST_ORDER = 1_000_000
MOST_AT_ONCE = 50


def check_route(route: WebhookRoute) -> list[Fault]:
    """Inside the tenant's scope: its tool is looked up. Its slug and name are the model's to check."""
    faults = [
        *_type_faults("$.event_types", route.event_types),
        *condition_faults("$.conditions", route.conditions),
        *_number_faults("$.order", route.order, -FURTHEST_ORDER, FURTHEST_ORDER),
        *_number_faults("$.concurrency", route.concurrency, 1, MOST_AT_ONCE),
        *check_schedule("$.schedule", route.schedule),
        *check_mapping("$.ordered_by", route.ordered_by),
        *_input_faults("$.input", route.input),
    ]
    return [*faults, *(_agent_faults(route) if route.target == Target.AGENT else _tool_faults(route))]


def _type_faults(where: str, words: object) -> Iterator[Fault]:
    if not isinstance(words, list) or len(words) > MOST_TYPES:
        yield Fault(where, f"Give a list of at most {MOST_TYPES} types; an empty one means any.")
        return
    for index, word in enumerate(words):
        if not isinstance(word, str) or not 0 < len(word) <= LONGEST_TYPE:
            yield Fault(f"{where}[{index}]", "Give a type, in which `*` stands for any letters: `invoice.*`.")


def _number_faults(where: str, value: int | None, lowest: int, highest: int) -> Iterator[Fault]:
    if value is not None and not lowest <= value <= highest:
        yield Fault(where, f"Give a whole number from {lowest:,} to {highest:,}.")


def _input_faults(where: str, template: object) -> Iterator[Fault]:
    if template is None:
        return
    if not isinstance(template, dict) and not (isinstance(template, str) and is_one_expression(template)):
        yield Fault(where, "Give an object, an expression such as `{{ body.data }}`, or null for the body itself.")
        return
    yield from check_template(where, template)


def _agent_faults(route: WebhookRoute) -> Iterator[Fault]:
    for name in ("tool", "version", "operation", "end_user"):
        if getattr(route, name):
            yield Fault(f"$.{name}", "Leave this out: an agent fetches the events, and no tool is called.")


def _tool_faults(route: WebhookRoute) -> Iterator[Fault]:
    yield from check_mapping("$.end_user", route.end_user)
    yield from _number_faults("$.timeout_ms", route.timeout_ms, 1, LONGEST_TIMEOUT_MS)
    if route.version and not is_range(route.version):
        yield Fault("$.version", "Give a version or a range such as `1.2.3`, `^1.2` or `latest`; empty: the usual one.")
    if not route.tool:
        yield Fault("$.tool", "This is needed: the slug of the tool to be called.")
        return
    try:
        find_tool(route.tool)
    except ToolNotFound as error:
        yield Fault("$.tool", error.message)
