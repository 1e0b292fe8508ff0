"""What a service says when it refuses, as far as it may be told: masked, short, and on one line."""

from collections.abc import Iterable
from typing import Any

from accounts.api.parsing import read_json
from accounts.errors import Malformed
from integrations.egress import EgressResponse
from integrations.mapping import Unmappable, apply_mapping
from integrations.redaction import SECRETS_MASKED, KnownSecrets, redact_beginning

LONGEST_WORDS = 300
LONGEST_SECONDS = 315_360_000
_MOST_WORK = 100_000
"""Answers are read in the event loop, too: some tens of milliseconds."""
_MOST_READ = 16_000


def answered(response: EgressResponse) -> Any:
    """The JSON value of an answer; its text where it is none."""
    try:
        return read_json(response.body)
    except Malformed:
        return response.body[:_MOST_READ].decode("utf-8", "replace")


def found(expression: str, value: Any) -> Any:
    """What a JMESPath expression finds; None where it cannot be applied, too."""
    try:
        return apply_mapping(expression, value, most_work=_MOST_WORK) if expression else None
    except Unmappable:
        return None


def seconds(said: object) -> int | None:
    """How long something lives, of a number or its digits; None where that is no time. Ten years are for ever."""
    try:
        found = int(float(said)) if isinstance(said, str | int | float) else 0
    except (ValueError, OverflowError):
        return None
    return min(found, LONGEST_SECONDS) if found > 0 else None


def words(response: EgressResponse, *expressions: str, secrets: Iterable[str]) -> str:
    """The service's complaint: what the first expression finds, else its status and the beginning of a text."""
    value = answered(response)
    said = next((text for each in expressions if (text := found(each, value))), None)
    if said is None:
        said = value if isinstance(value, str) and not value.lstrip().startswith("<") else ""
    return masked(said if isinstance(said, str) else str(said), secrets) or f"HTTP {response.status}"


def masked(text: str, secrets: Iterable[str]) -> str:
    """The beginning of somebody else's words on one line, without any of the secrets or what looks like one."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:_MOST_READ]).split())
    told = redact_beginning(line, LONGEST_WORDS, secrets=KnownSecrets(tuple(secrets)), rules=SECRETS_MASKED)
    return told if len(told) < LONGEST_WORDS else f"{told}…"


def quoting(complaint: str) -> str:
    """A sentence that quotes it, with one full stop."""
    return f"It says: “{complaint}”" if complaint.endswith((".", "!", "?", "…")) else f"It says: “{complaint}”."
