"""From an HTTP answer to a JSON value, or to the error that the caller is told."""

import base64
from collections.abc import Mapping
from email.message import Message
from typing import Any

from accounts.api.parsing import read_json
from accounts.errors import Malformed, Quote
from integrations.egress import EgressResponse
from integrations.mapping import Unmappable, apply_mapping
from registry.errors import MappingFailed, UpstreamRefused
from registry.shaping.mapping import MOST_WORK_IN_THE_LOOP, map_answer
from registry.transports.http_definition import HttpDefinition
from registry.transports.http_styles import compact_json
from registry.transports.retry_after import retry_after
from registry.transports.text import is_text, read_text

_SMALL_BYTES = 4_000
_MOST_EXPLAINED_BYTES = 64_000
"""Of a refusal in which its words are looked for."""
_MOST_READ_BYTES = 16_000


def read_reply(response: EgressResponse, error_message: str = "") -> Any:
    """The output: JSON as it is, text as a string, anything else as `{"content_type", "base64"}`.

    Raises UpstreamRefused for every status but 2xx, and for JSON that is none. It says what `error_message` finds.
    """
    media_type, charset = content_type(response.headers.get("Content-Type", ""))
    if not is_success(response.status):
        raise _refusal(response, charset, error_message)
    if not response.body:
        return None
    if _is_json(media_type):
        return _json(response.body)
    if is_text(media_type):
        return read_text(response.body, charset)
    return {"content_type": media_type, "base64": base64.b64encode(response.body).decode()}


def is_success(status: int) -> bool:
    """Egress has followed the redirects that lead anywhere: one that is left brought no answer."""
    return 200 <= status < 300


async def refuse_failure(response: EgressResponse, output: Any, definition: HttpDefinition) -> None:
    """Raise UpstreamRefused where `error_when` finds something; null, false, 0 and what is empty is nothing."""
    if not definition.error_when:
        return
    try:
        found = await map_answer(definition.error_when, output)
    except MappingFailed as error:
        raise MappingFailed(
            "Whether the tool's service failed could not be told from its answer. The tool's maker has to publish "
            "another `error_when`."
        ) from error
    if found:
        _, charset = content_type(response.headers.get("Content-Type", ""))
        words = _words(definition.error_message, output)
        raise UpstreamRefused(
            _told(f"The tool's service answered with HTTP {response.status} and said that it failed", words),
            extra={"upstream": {"status": response.status, "body": _complaint(response.body, charset)}},
        )


def text_type(headers: Mapping[str, str]) -> str:
    """What the service called its text; empty when it said nothing, or that it is JSON."""
    media_type, _ = content_type(headers.get("Content-Type", ""))
    return "" if _is_json(media_type) else media_type


def _refusal(response: EgressResponse, charset: str, error_message: str) -> UpstreamRefused:
    words = _words(error_message, _value(response.body)) if error_message else ""
    error = UpstreamRefused(
        _told(f"The tool's service answered with HTTP {response.status}", words),
        retry_after=retry_after(response.headers),
        extra={"upstream": {"status": response.status, "body": _complaint(response.body, charset)}},
    )
    error.upstream_status = response.status
    # The upstream's trouble, not the caller's mistake: worth another attempt, and counted by the breaker.
    error.retryable = response.status in {408, 425, 429} or response.status >= 500
    return error


def _told(what: str, words: str) -> str:
    """A quote, because the service's words may hold secrets: they are masked, and then cut."""
    return Quote(f"{what}: {words}") if words else f"{what}."


def _words(error_message: str, answer: Any) -> str:
    """What the service says went wrong; empty where it says nothing that can be found."""
    try:
        found = apply_mapping(error_message, answer, most_work=MOST_WORK_IN_THE_LOOP) if error_message else None
    except Unmappable:
        return ""
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        found = "; ".join(found)
    text = found if isinstance(found, str) else compact_json(found) if found else ""
    return " ".join(text.split())


def _value(body: bytes) -> Any:
    """What a refusal says as JSON; None where it is none, or long."""
    try:
        return read_json(body) if len(body) <= _MOST_EXPLAINED_BYTES else None
    except Malformed:
        return None


def _complaint(body: bytes, charset: str) -> Any:
    """What the service said: a small JSON value as it is, so that its fields can be redacted, else the first words."""
    if len(body) <= _SMALL_BYTES:
        try:
            return read_json(body)
        except Malformed:
            pass
    return Quote(read_text(body[:_MOST_READ_BYTES], charset))


def content_type(header: str) -> tuple[str, str]:
    """Media type and charset; an empty media type where none is named."""
    message = Message()
    message["Content-Type"] = header or "text/plain"
    media_type = message.get_content_type() if header else ""
    charset = message.get_content_charset("utf-8")
    return media_type, charset


def _is_json(media_type: str) -> bool:
    """One value; `application/x-ndjson` holds many, and is text."""
    return media_type == "application/json" or media_type.endswith("+json")


def _json(body: bytes) -> Any:
    try:
        return read_json(body)
    except Malformed as error:
        raise UpstreamRefused(f"The tool's service announced JSON and sent something else. {error.message}") from error
