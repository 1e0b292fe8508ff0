import asyncio
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from accounts.errors import Quote
from integrations.egress import EgressResponse
from registry.errors import UpstreamRefused
from registry.transports.http_definition import HttpDefinition, read_definition
from registry.transports.http_reply import read_reply, refuse_failure, text_type


def response(body: bytes, content_type: str = "application/json", status: int = 200, **headers: str) -> EgressResponse:
    given = {"Content-Type": content_type, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return EgressResponse(status, CIMultiDictProxy(CIMultiDict(given)), body, "https://example.com/", 0.1)


def saying(**definition: str) -> HttpDefinition:
    return read_definition({"url": "https://example.com/", **definition})


def reply(body: bytes, content_type: str = "application/json", status: int = 200, **headers: str) -> Any:
    return read_reply(response(body, content_type, status, **headers))


@pytest.mark.parametrize(
    ("body", "content_type", "output"),
    [
        (b'{"a": [1, 2.5, null]}', "application/json", {"a": [1, 2.5, None]}),
        (b'{"n": 123456789012345678901234567890}', "application/json", {"n": 123456789012345678901234567890}),
        (b'{"a": 1}', "application/problem+json; charset=utf-8", {"a": 1}),
        (b"", "application/json", None),
        (b"hello", "text/plain", "hello"),
        (b"caf\xe9", "text/plain; charset=latin-1", "caf\u00e9"),
        (b"caf\xe9", "text/plain", "caf\ufffd"),
        (b"x", "text/plain; charset=nonsense", "x"),
        (b"a\x00b", "text/plain", "a\ufffdb"),
        (b"untold", "", "untold"),
        (b'{"a": 1}\n{"a": 2}\n', "application/x-ndjson", '{"a": 1}\n{"a": 2}\n'),
        (b"email=ada%40example.org", "application/x-www-form-urlencoded", "email=ada%40example.org"),
        (b"email: zo\xeb", "Application/YAML; charset=latin-1", "email: zo\u00eb"),
        (b"<svg/>", "image/svg+xml", "<svg/>"),
        (b"text", "application/octet-stream", {"content_type": "application/octet-stream", "base64": "dGV4dA=="}),
        (b"\x89PNG", "image/png", {"content_type": "image/png", "base64": "iVBORw=="}),
    ],
)
def test_it_reads_each_kind_of_answer(body: bytes, content_type: str, output: Any) -> None:
    assert reply(body, content_type) == output


@pytest.mark.parametrize(
    ("content_type", "called"),
    [
        ("application/x-ndjson; charset=utf-8", "application/x-ndjson"),
        ("application/yaml", "application/yaml"),
        ("application/json", ""),
        ("application/problem+json", ""),
        ("", ""),
    ],
)
def test_it_says_what_the_service_called_its_text(content_type: str, called: str) -> None:
    assert text_type({"Content-Type": content_type}) == called


@pytest.mark.parametrize("body", [b"<html>", b'{"a": NaN}', b'{"a": "\\u0000"}', b"\xff"])
def test_it_calls_json_that_is_none_a_broken_answer(body: bytes) -> None:
    with pytest.raises(UpstreamRefused, match="announced JSON and sent something else"):
        reply(body)


@pytest.mark.parametrize(
    ("status", "retryable"),
    [
        (300, False),
        (302, False),
        (304, False),
        (400, False),
        (404, False),
        (408, True),
        (429, True),
        (500, True),
        (503, True),
    ],
)
def test_it_tells_the_callers_mistakes_from_the_upstreams_trouble(status: int, retryable: bool) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        reply(b'{"error": "no"}', status=status)
    assert refused.value.retryable is retryable
    assert refused.value.extra == {"upstream": {"status": status, "body": {"error": "no"}}}


def test_it_quotes_more_of_a_long_error_than_is_told_so_that_no_secret_is_cut_before_it_is_masked() -> None:
    with pytest.raises(UpstreamRefused) as refused:
        reply("ä".encode() * 10_000, "text/html", status=500)
    assert refused.value.extra == {"upstream": {"status": 500, "body": Quote("ä" * 4_000)}}
    assert isinstance(refused.value.extra["upstream"]["body"], Quote)  # type: ignore[index]


def test_it_passes_on_how_long_to_wait() -> None:
    with pytest.raises(UpstreamRefused) as refused:
        reply(b"", status=429, Retry_After="7")
    assert refused.value.retry_after == 7.0


def test_it_looks_for_failure_in_a_small_answer_with_much_work_while_others_go_on() -> None:
    seen: list[str] = []

    async def looking() -> None:
        with pytest.raises(UpstreamRefused, match="said that it failed"):
            await refuse_failure(response(b"{}"), [1] * 4_000, saying(error_when="map(&[@, @], @)"))
        seen.append("found")

    async def both() -> None:
        waiting = asyncio.ensure_future(looking())
        await asyncio.sleep(0)
        seen.append("others")
        await waiting

    asyncio.run(both())
    assert seen == ["others", "found"]


@pytest.mark.parametrize(
    ("body", "error_message", "detail"),
    [
        (b'{"error": "channel_not_found"}', "error", "HTTP 400: channel_not_found"),
        (b'{"errors": [{"m": "a"}, {"m": "b"}]}', "errors[].m", "HTTP 400: a; b"),
        (b'{"error": {"code": 7}}', "error", 'HTTP 400: {"code":7}'),
        (b'{"error": "two\\nlines"}', "error", "HTTP 400: two lines"),
        (b'{"error": null}', "error", "HTTP 400."),
        (b'{"error": 1}', "length(error)", "HTTP 400."),
        (b"<html>", "error", "HTTP 400."),
        (b'{"error": "' + b"x" * 64_000 + b'"}', "error", "HTTP 400."),
        (b'{"error": "unasked"}', "", "HTTP 400."),
    ],
)
def test_it_tells_the_services_words(body: bytes, error_message: str, detail: str) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        read_reply(response(body, status=400), error_message)
    assert refused.value.message == f"The tool's service answered with {detail}"


def test_it_takes_the_services_words_for_a_quote() -> None:
    with pytest.raises(UpstreamRefused) as refused:
        read_reply(response(b'{"error": "sk-secret"}', status=400), "error")
    assert isinstance(refused.value.message, Quote)


def test_it_tells_the_words_of_an_answer_that_calls_itself_a_failure() -> None:
    failing = saying(error_when="!ok", error_message="error")
    with pytest.raises(UpstreamRefused) as refused:
        asyncio.run(refuse_failure(response(b"{}"), {"ok": False, "error": "not_in_channel"}, failing))
    assert refused.value.message == (
        "The tool's service answered with HTTP 200 and said that it failed: not_in_channel"
    )
