"""When something was signed, and whether that is near enough."""

import re
from datetime import UTC, datetime, timedelta

from webhooks.signatures.types import Timestamp, Unit
from webhooks.signatures.verdict import Reason, Refused

_DIGITS = re.compile(rb"[0-9]{1,15}")
_LONGEST = 40


def check_timestamp(timestamp: Timestamp, text: bytes, now: datetime) -> None:
    """Raises Refused where it is malformed, too old or too far ahead."""
    signed_at = read_timestamp(text, timestamp.unit)
    if signed_at is None:
        raise Refused(Reason.TIMESTAMP_MALFORMED, f"The {timestamp.value} is not written in {_WORDS[timestamp.unit]}.")
    age = now - signed_at
    if timestamp.past_seconds is not None and age > timedelta(seconds=timestamp.past_seconds):
        raise Refused(
            Reason.TIMESTAMP_STALE,
            f"It was signed {age // _SECOND} seconds ago; at most {timestamp.past_seconds} are allowed. "
            "It was repeated or held up, or the clock here is fast.",
        )
    if timestamp.future_seconds is not None and -age > timedelta(seconds=timestamp.future_seconds):
        raise Refused(
            Reason.TIMESTAMP_IN_FUTURE,
            f"It was signed {-age // _SECOND} seconds ahead of the clock here; at most {timestamp.future_seconds} are "
            "allowed. Set the clock by NTP.",
        )


def read_timestamp(text: bytes, unit: Unit) -> datetime | None:
    try:
        match unit:
            case Unit.SECONDS:
                return _EPOCH + timedelta(seconds=_number(text))
            case Unit.MILLISECONDS:
                return _EPOCH + timedelta(milliseconds=_number(text))
            case Unit.ISO8601:
                return _iso8601(text)
    except (ValueError, OverflowError):
        return None


def write_timestamp(moment: datetime, unit: Unit) -> str:
    match unit:
        case Unit.SECONDS:
            return str(int(moment.timestamp()))
        case Unit.MILLISECONDS:
            return str(int(moment.timestamp() * 1000))
        case Unit.ISO8601:
            return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_WORDS = {
    Unit.SECONDS: "seconds since 1970",
    Unit.MILLISECONDS: "milliseconds since 1970",
    Unit.ISO8601: "ISO 8601",
}


def _number(text: bytes) -> int:
    if not _DIGITS.fullmatch(text):
        raise ValueError
    return int(text)


def _iso8601(text: bytes) -> datetime:
    if len(text) > _LONGEST:
        raise ValueError
    moment = datetime.fromisoformat(text.decode("ascii"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
