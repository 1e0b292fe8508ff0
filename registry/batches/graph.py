"""Which calls wait for which."""

from collections.abc import Mapping


def find_circle(needs: Mapping[str, frozenset[str]]) -> list[str] | None:
    """Calls that wait for each other, `["a", "b", "a"]` where `a` needs `b` and `b` needs `a`; None: nobody does."""
    waiting = _never_ready(needs)
    if not waiting:
        return None
    walked = [next(name for name in needs if name in waiting)]
    while True:
        # Whoever is never ready needs somebody who is never ready, so that the walk has to come round.
        following = min(needs[walked[-1]] & waiting)
        if following in walked:
            return [*walked[walked.index(following) :], following]
        walked.append(following)


def _never_ready(needs: Mapping[str, frozenset[str]]) -> set[str]:
    followers: dict[str, list[str]] = {name: [] for name in needs}
    for name, needed in needs.items():
        for each in needed:
            followers[each].append(name)
    left = {name: len(needed) for name, needed in needs.items()}
    ready = [name for name, number in left.items() if not number]
    while ready:
        name = ready.pop()
        del left[name]
        for follower in followers[name]:
            left[follower] -= 1
            if not left[follower]:
                ready.append(follower)
    return set(left)
