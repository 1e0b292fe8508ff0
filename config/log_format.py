"""How log lines look: a line for people, or with LOG_FORMAT=json one JSON object for machines; both name the trace.

Secrets are masked in all that is written, tracebacks and what a line was logged with among it.
"""

import logging
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from accounts.tracing import current_work
from integrations.redaction import redact, redact_text


class LineFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact_text(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        line = super().formatMessage(record)
        work = current_work()
        return f"{line} [trace {work.trace_id}, execution {work.execution_id}]" if work else line


class ObjectFormatter(JsonFormatter):
    """`time level logger message`, what the line was logged with (`action` and others), and the call it belongs to."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        super().add_fields(log_data, record, message_dict)
        work = current_work()
        if work:
            log_data.update(asdict(work))
        log_data["time"] = datetime.fromtimestamp(record.created, UTC).isoformat()
        log_data["level"] = record.levelname
        log_data["logger"] = record.name

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        redacted: dict[str, Any] = redact(super().process_log_record(log_data)).value
        return redacted
