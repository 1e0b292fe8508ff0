"""What makes a subscription's facts good ones."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl

from accounts.caller import Actor
from accounts.errors import Fault, Forbidden, Invalid
from accounts.roles import Right
from integrations.egress.targets import read_target
from integrations.errors import EgressBlocked
from integrations.redaction import redact, redact_text
from registry.permissions.conditions import check_conditions
from webhooks.models import WebhookSubscription
from webhooks.queue.check_schedule import check_schedule
from webhooks.subscriptions.event_types import check_event_types, guarded_in

MOST_CONDITIONS = 20
MOST_AT_ONCE = 50
SHORTEST_TIMEOUT_MS = 1_000
LONGEST_TIMEOUT_MS = 30_000


def refuse_faulty(subscription: WebhookSubscription) -> None:
    """Raises Invalid with every fault; ValidationError for a single field of a wrong kind."""
    subscription.clean_fields(exclude=["tenant", "event_types"])
    faults = [
        *_url_faults(subscription.url),
        *check_event_types("$.event_types", subscription.event_types),
        *check_conditions("$.conditions", subscription.conditions, most=MOST_CONDITIONS),
        *check_schedule("$.schedule", subscription.schedule),
        *_number_faults("$.concurrency", subscription.concurrency, 1, MOST_AT_ONCE),
        *_number_faults("$.timeout_ms", subscription.timeout_ms, SHORTEST_TIMEOUT_MS, LONGEST_TIMEOUT_MS),
    ]
    if faults:
        raise Invalid("The subscription cannot be like this. See `errors` for each fault.", faults=faults)


def refuse_guarded(by: Actor, event_types: Iterable[str]) -> None:
    """Raise Forbidden where they tell what `by` may not read in the audit trail."""
    guarded = guarded_in(event_types)
    if guarded and not by.may(Right.PEOPLE):
        raise Forbidden(
            f"Only who may read the audit trail may have {', '.join(guarded)} told: that needs the right "
            f"`{Right.PEOPLE}`. Leave it out, or ask an admin of your tenant."
        )


def _url_faults(url: str) -> Iterator[Fault]:
    try:
        read_target(url)
    except EgressBlocked as error:
        yield Fault("$.url", error.message)
        return
    if "#" in url:
        yield Fault("$.url", "Leave out the fragment (`#…`): it is never sent.")
    if _holds_secret(url):
        yield Fault(
            "$.url",
            "The URL holds what looks like a secret, and it is shown to everybody who may look at subscriptions. Take "
            "it out: each message is signed, and its receiver knows by that who sends it.",
        )


def _holds_secret(url: str) -> bool:
    """Also what is a secret by the name of its parameter alone."""
    _, _, query = url.partition("?")
    return redact_text(url) != url or redact(dict(parse_qsl(query))).count > 0


def _number_faults(where: str, value: int, lowest: int, highest: int) -> Iterator[Fault]:
    if not lowest <= value <= highest:
        yield Fault(where, f"Give a whole number from {lowest:,} to {highest:,}.")
