"""How long a service asks to be left alone: the header `Retry-After` (RFC 9110, 10.2.3), as seconds or as a date."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from django.utils import timezone

LONGEST_SECONDS = 999_999


def retry_after(headers: Mapping[str, str]) -> float | None:
    """None where the service does not say, or not in a way that can be followed.

    A date is compared with the answer's own `Date`, so that it does not matter how far the service's clock is off.
    """
    wanted = headers.get("Retry-After", "")
    if wanted.isascii() and wanted.isdigit() and len(wanted) < 10:
        seconds = float(wanted)
    elif (then := _date(wanted)) is not None:
        seconds = (then - (_date(headers.get("Date", "")) or timezone.now())).total_seconds()
    else:
        return None
    return max(0.0, seconds) if seconds <= LONGEST_SECONDS else None


def _date(header: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(header)
        return date.replace(tzinfo=UTC) if date.tzinfo is None else date
    except (ValueError, OverflowError):
        return None
