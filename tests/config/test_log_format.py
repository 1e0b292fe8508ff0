"""Log lines, for people and for machines."""

import json
import logging
from typing import Any

import pytest

from accounts.tracing import Work, at_work
from config.log_format import LineFormatter, ObjectFormatter

KEY = "sk-ant-" + "a1B2c3D4" * 4
WORK = Work(trace_id="0af7", execution_id="019a", tenant="acme", tool="crm-find")


def record(message: str = "Redis is away (%s).", *values: Any, error: bool = False, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("registry", logging.WARNING, __file__, 1, message, values, None)
    made.created = 1_795_176_000.25
    made.__dict__.update(extra)
    if error:
        try:
            raise ValueError("broken")
        except ValueError as raised:
            made.exc_info = (type(raised), raised, raised.__traceback__)
    return made


def as_object(made: logging.LogRecord) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ObjectFormatter().format(made))
    return found


def test_a_machine_gets_one_object_a_line() -> None:
    assert as_object(record("Redis is away (%s).", "TimeoutError", action="redis_away")) == {
        "time": "2026-11-20T12:00:00.250000+00:00",
        "level": "WARNING",
        "logger": "registry",
        "message": "Redis is away (TimeoutError).",
        "action": "redis_away",
    }


def test_a_machine_gets_an_error_in_the_same_line() -> None:
    line = ObjectFormatter().format(record("Oh.", error=True))
    assert "\n" not in line
    assert "ValueError: broken" in json.loads(line)["exc_info"]


def test_a_machine_is_told_which_call_it_was() -> None:
    with at_work(WORK):
        found = as_object(record("Oh."))
    assert {name: found[name] for name in ("trace_id", "execution_id", "tenant", "tool")} == {
        "trace_id": "0af7",
        "execution_id": "019a",
        "tenant": "acme",
        "tool": "crm-find",
    }


def test_a_person_gets_a_sentence_and_the_call_it_is_about() -> None:
    formatter = LineFormatter("%(levelname)s %(message)s")
    assert formatter.format(record("Oh.")) == "WARNING Oh."
    with at_work(WORK):
        assert formatter.format(record("Oh.")) == "WARNING Oh. [trace 0af7, execution 019a]"


def test_it_masks_secrets_in_messages_and_in_what_came_with_them() -> None:
    line = LineFormatter("%(levelname)s %(message)s").format(record("Sent %s to %s.", KEY, "https://a:b1c2@db.example"))
    assert line == "WARNING Sent [redacted:anthropic-key] to https://a:[redacted:url-password]@db.example."
    found = as_object(record("Oh %s.", KEY, password="hunter2", upstream={"body": f"bad key {KEY}"}))
    assert (found["message"], found["password"]) == ("Oh [redacted:anthropic-key].", "[redacted:field]")
    assert found["upstream"] == {"body": "bad key [redacted:anthropic-key]"}


@pytest.mark.parametrize("formatter", [LineFormatter(), ObjectFormatter()], ids=["line", "json"])
def test_it_masks_secrets_in_tracebacks(formatter: logging.Formatter) -> None:
    made = record("It broke.")
    try:
        raise ValueError(f"no such key: {KEY}")
    except ValueError as raised:
        made.exc_info = (type(raised), raised, raised.__traceback__)
    line = formatter.format(made)
    assert KEY not in line
    assert "no such key: [redacted:anthropic-key]" in line
    assert formatter.format(made) == line
