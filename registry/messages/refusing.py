"""What keeps a message from being answered at all: a call without an id of its own has no place for its result."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

from accounts.errors import Fault, Invalid

MOST_ANSWERED = 1_000
"""Calls of one message. Not all of so many are run, but each has its answer."""
MOST_FAULTS = 50


def refuse(faults: Iterable[Fault]) -> None:
    """Raise Invalid when there are any; the first of very many are told."""
    found = list(islice(faults, MOST_FAULTS))
    if found:
        raise Invalid("This message cannot be answered. See `errors`.", faults=found)


def refuse_many(number_of_calls: int, place: str) -> None:
    if number_of_calls > MOST_ANSWERED:
        sentence = f"{number_of_calls:,} calls are more than a message may hold: {MOST_ANSWERED:,}. Split it."
        refuse([Fault(place, sentence)])


def refuse_repeated(ids: Sequence[str], place: str) -> None:
    refuse(
        Fault(place, f"Two calls have the id `{each[:100]}`. Each has its own.")
        for each, number in Counter(ids).items()
        if number > 1
    )
