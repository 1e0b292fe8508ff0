"""When a token is asked for anew, and when nobody may."""

from datetime import datetime, timedelta

from integrations.models import Credential

LONGEST_MARGIN = timedelta(minutes=5)
MARGIN_SHARE = 10
"""A tenth of a token's life is its margin, so that a short-lived one is not refreshed all the time."""
COOL_SECONDS = 2
LONGEST_COOL_SECONDS = 3_600
MOST_UNANSWERED = 6
"""A service that is away counts no further: it is asked again every two minutes, and is not to blame the credential."""
REFUSALS_UNTIL_EXPIRED = 14
"""Some four hours: a vendor that refuses for so long will not change its mind."""
CLAIM_SECONDS = 30
"""Longer than a request for a token may take: who holds a claim so long is dead."""


def renew_from(credential: Credential) -> datetime | None:
    """Before its token expires; after a failure not until that has cooled down. None: it does not expire."""
    if credential.expires_at is None or credential.refreshed_at is None:
        return None
    life = credential.expires_at - credential.refreshed_at
    stale = credential.expires_at - min(LONGEST_MARGIN, life / MARGIN_SHARE)
    return max(stale, credential.cool_until) if credential.cool_until else stale


def counted(failures: int, *, refused: bool) -> int:
    """Failures in a row, with one more."""
    return failures + 1 if refused else max(failures, min(failures + 1, MOST_UNANSWERED))


def cooled(now: datetime, failures: int) -> datetime:
    """Twice as long after each failure, an hour at most."""
    return now + timedelta(seconds=min(LONGEST_COOL_SECONDS, COOL_SECONDS * 2 ** min(failures - 1, 20)))
