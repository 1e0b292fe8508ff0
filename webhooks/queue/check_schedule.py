"""What a `schedule` may be: the seconds before each attempt, the first included; null: the usual ones."""

from collections.abc import Iterator

from accounts.errors import Fault

MOST_ATTEMPTS = 20
LONGEST_PAUSE_SECONDS = 7 * 24 * 3600


def check_schedule(where: str, given: object) -> Iterator[Fault]:
    if given is None:
        return
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_ATTEMPTS:
        yield Fault(where, f"Give a list of 1 to {MOST_ATTEMPTS} pauses in seconds, such as [0, 60, 3600], or null.")
        return
    for index, each in enumerate(given):
        if isinstance(each, bool) or not isinstance(each, int | float) or not 0 <= each <= LONGEST_PAUSE_SECONDS:
            yield Fault(f"{where}[{index}]", f"Give a number of seconds from 0 to {LONGEST_PAUSE_SECONDS:,}.")
