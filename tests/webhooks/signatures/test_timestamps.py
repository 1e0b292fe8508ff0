from datetime import UTC, datetime

import pytest

from webhooks.signatures.timestamps import read_timestamp, write_timestamp
from webhooks.signatures.types import Unit

MOMENT = datetime(2026, 11, 20, 9, 30, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unit", "text"),
    [(Unit.SECONDS, "1795167002"), (Unit.MILLISECONDS, "1795167002000"), (Unit.ISO8601, "2026-11-20T09:30:02Z")],
)
def test_it_reads_what_it_writes(unit: Unit, text: str) -> None:
    assert write_timestamp(MOMENT, unit) == text
    assert read_timestamp(text.encode(), unit) == MOMENT


@pytest.mark.parametrize(
    "text", [b"2026-11-20T10:30:02+01:00", b"2026-11-20T09:30:02", b"2026-11-20T09:30:02.000000Z", b"20261120T093002Z"]
)
def test_it_reads_iso_8601_in_its_forms(text: bytes) -> None:
    assert read_timestamp(text, Unit.ISO8601) == MOMENT


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (Unit.SECONDS, b""),
        (Unit.SECONDS, b"-1"),
        (Unit.SECONDS, b"1.5"),
        (Unit.SECONDS, b" 1"),
        (Unit.SECONDS, b"1e9"),
        (Unit.SECONDS, "\uff11".encode()),
        (Unit.SECONDS, b"999999999999999"),
        (Unit.SECONDS, b"9" * 5000),
        (Unit.MILLISECONDS, b"999999999999999"),
        (Unit.ISO8601, b"yesterday"),
        (Unit.ISO8601, b"\xff"),
        (Unit.ISO8601, b"2026-11-20T09:30:02Z" + b" " * 100),
    ],
)
def test_what_is_no_time_is_none(unit: Unit, text: bytes) -> None:
    assert read_timestamp(text, unit) is None
