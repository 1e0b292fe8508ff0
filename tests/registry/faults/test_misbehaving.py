"""Services that misbehave, through the whole corridor and through the door: what the caller is told, and what is kept.

Time is bounded by the call's deadline and memory by the answer's limit; neither is measured here. What is shown is
that the call ends with its code and sentence, is recorded, and leaves no connection behind.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import Tenant
from integrations.egress import asynchronous
from registry.execution.types import Mode
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.integrations.egress.upstreams import BEHAVIOURS, Behaviour, Peer, Upstream, packed_zeros, redirect, upstream
from tests.patience import until
from tests.registry.execution.rows import entries, executions, stored

pytestmark = pytest.mark.django_db(transaction=True)

INPUT = {"account": 7}
BROKEN = "The service's answer was broken off or is not HTTP. Try again, and look at that service if it stays."
LATE = "The service did not answer in time. Try again, or allow the call more time."
RAISE = "Or have an operator raise the tool's `max_output_bytes`."
LARGE = f"The service's answer is larger than 5000000 bytes. Ask it for less. {RAISE}"
BOMB = f"The service's answer is larger than 5000000 bytes once it is unpacked. Ask it for less. {RAISE}"
FAT_HEAD = "The service's answer has more than 65536 bytes of headers."
PARTS = "The service's compressed answer has more than 10000 parts."
NO_JSON = "The tool's service announced JSON and sent something else."
TABLE = {
    # It says nothing, or too slowly.
    "/hang": ("timeout", LATE),
    "/drip-head": ("timeout", LATE),
    "/drip-body": ("timeout", LATE),
    "/hang-in-body": ("timeout", LATE),
    "/drip-hints": ("timeout", LATE),
    "/endless-chunk-extension": ("timeout", LATE),
    # It hangs up.
    "/close-at-once": ("upstream_error", BROKEN),
    "/close-before-body": ("upstream_error", BROKEN),
    "/reset-at-once": ("upstream_error", BROKEN),
    "/reset-in-body": ("upstream_error", BROKEN),
    "/reset-without-length": ("upstream_error", BROKEN),
    # It lies about the length, or frames its answer wrongly.
    "/promise-more": ("upstream_error", BROKEN),
    "/two-lengths": ("upstream_error", BROKEN),
    "/negative-length": ("upstream_error", BROKEN),
    "/length-and-chunks": ("upstream_error", BROKEN),
    "/cut-chunks": ("upstream_error", BROKEN),
    "/bad-chunks": ("upstream_error", BROKEN),
    "/huge-chunk": ("upstream_error", BROKEN),
    "/endless-trailers": ("upstream_error", BROKEN),
    "/not-http": ("upstream_error", BROKEN),
    "/header-without-colon": ("upstream_error", BROKEN),
    "/header-with-nul": ("upstream_error", BROKEN),
    "/long-header": ("upstream_error", BROKEN),
    "/many-headers": ("upstream_error", BROKEN),
    "/endless-header": ("upstream_error", BROKEN),
    "/endless-headers": ("upstream_error", BROKEN),
    "/endless-hints": ("upstream_error", BROKEN),
    "/fat-head": ("upstream_error", FAT_HEAD),
    # It says too much, packed or not.
    "/ten-megabytes": ("upstream_error", LARGE),
    "/endless": ("upstream_error", LARGE),
    "/gzip-bomb": ("upstream_error", BOMB),
    "/deflate-bomb": ("upstream_error", BOMB),
    "/gzip-of-nothings": ("upstream_error", PARTS),
    "/nested-gzip-bomb": (
        "upstream_error",
        "The service answered in the encoding 'gzip, gzip', which was not asked for.",
    ),
    "/not-asked-encoding": ("upstream_error", "The service answered in the encoding 'br', which was not asked for."),
    "/zstd": ("upstream_error", "The service answered in the encoding 'zstd', which was not asked for."),
    "/gzip-damaged": ("upstream_error", "The service's compressed answer is damaged."),
    "/gzip-cut": ("upstream_error", "The service's compressed answer ends too early."),
    # What it calls JSON is none, or none that can be kept.
    "/broken-utf8": ("upstream_error", f"{NO_JSON} The body is not UTF-8: byte 12 cannot be read."),
    "/no-json": ("upstream_error", f"{NO_JSON} The body is not JSON: Expecting value at line 1, column 1."),
    "/not-a-number": ("upstream_error", f"{NO_JSON} The body is not JSON: NaN is no JSON number."),
    "/half-a-pair": (
        "upstream_error",
        f"{NO_JSON} The string at $.name holds half a surrogate pair, which is no character.",
    ),
    "/deep-json": (
        "upstream_error",
        f"{NO_JSON} The body is nested too deeply: at most 100 arrays and objects inside one another.",
    ),
    # It sends us elsewhere.
    "/to-this-machine": ("egress_blocked", "127.0.0.1 is a loopback address. "),
    "/to-the-cloud": ("egress_blocked", "169.254.169.254 is a metadata address, which no setting allows. "),
    "/to-a-file": ("egress_blocked", "The URL is not `http://host/path` or `https://host/path`. Check its spelling."),
    "/round-and-round": (
        "upstream_error",
        "The service redirects too often. Use the address that it finally leads to.",
    ),
}
STATUS = {"timeout": 504, "upstream_error": 502, "egress_blocked": 403}
# They never end by themselves: the call's own time does.
SLOW = {path for path, (code, _) in TABLE.items() if code == "timeout"}
# The service answered, whatever it said: the call is known to have been taken.
ANSWERED = {
    path for path, (_, sentence) in TABLE.items() if sentence.startswith((NO_JSON, LARGE[:30], FAT_HEAD, PARTS))
}


@pytest.fixture
def service(settings: Any) -> Iterator[Upstream]:
    elsewhere = {
        "/to-this-machine": redirect("http://127.0.0.1:1/admin"),
        "/to-the-cloud": redirect("http://169.254.169.254/latest/meta-data/"),
        "/to-a-file": redirect("file:///etc/passwd"),
        "/round-and-round": redirect("/round-and-round"),
    }
    with upstream({**BEHAVIOURS, **elsewhere}) as server:
        settings.EGRESS_ALLOW_NETWORKS = [server.allowed]
        yield server


def connections_in_use(corridor: Corridor) -> int:
    [client] = [client for (_, loop), client in asynchronous._clients.items() if loop is corridor.loop.event_loop]
    connector = client._session.connector
    assert connector is not None
    return len(connector._acquired)


def tool_at(register: Register, service: Upstream, path: str, **changes: Any) -> None:
    definition = {"method": "GET", "url": service.url(path)}
    register(**{"definition": definition, "timeout_ms": 300 if path in SLOW else 10_000, **changes})


@pytest.mark.parametrize("path", TABLE)
def test_it_says_what_the_service_did_and_records_it(
    path: str, acme: Tenant, corridor: Corridor, register: Register, service: Upstream
) -> None:
    code, sentence = TABLE[path]
    tool_at(register, service, path, read_only=True)
    outcome = corridor.call("crm-find", INPUT)
    assert outcome.error is not None
    assert (outcome.status, outcome.attempts) == (Status.FAILED, 1)
    assert (outcome.error["code"], outcome.error["status"]) == (code, STATUS[code])
    assert outcome.error["detail"].startswith(sentence)
    row = stored(acme, outcome)
    assert (row.status, row.error, row.output) == (Status.FAILED, outcome.error, None)
    assert entries(acme, outcome) == ["execution.failed"]
    assert connections_in_use(corridor) == 0


@pytest.mark.parametrize("mode", ["sync", "stream"])
@pytest.mark.parametrize("path", TABLE)
def test_it_says_the_same_at_the_door(
    path: str, mode: str, acme: Tenant, corridor: Corridor, register: Register, service: Upstream
) -> None:
    code, sentence = TABLE[path]
    tool_at(register, service, path, read_only=True)
    answer = corridor.post("tools/crm-find/execute/", {"input": INPUT, "mode": mode})
    problem = answer.json()
    assert (answer.status_code, answer["Content-Type"]) == (STATUS[code], "application/problem+json")
    assert (problem["code"], problem["detail"].startswith(sentence)) == (code, True)
    assert problem["execution_id"] == str(executions(acme)[0].id)
    assert connections_in_use(corridor) == 0


EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"


def event_without_end(peer: Peer) -> None:
    peer.raw(EVENTS + b"\r\ndata: ")
    while not peer.upstream.stop.is_set():
        peer.raw(b"z" * 65536)


def comments_without_end(peer: Peer) -> None:
    peer.raw(EVENTS + b"\r\n")
    while not peer.upstream.stop.is_set():
        peer.raw(b": still here\n\n" * 5000)


def drip_events(peer: Peer) -> None:
    peer.raw(EVENTS + b"\r\n")
    while not peer.upstream.stop.wait(0.02):
        peer.raw(b":\n\n")


def packed_events(peer: Peer) -> bool:
    return peer.answer(
        packed_zeros(200_000_000), Content_Type="text/plain", Content_Encoding="gzip", X_Unpacked="200 MB"
    )


@pytest.mark.parametrize(
    ("behaviour", "code", "sentence"),
    [
        (event_without_end, "upstream_error", "The tool's service sent an event of more than 1000000 characters."),
        (comments_without_end, "timeout", LATE),
        (drip_events, "timeout", LATE),
        (
            packed_events,
            "upstream_error",
            f"The service's answer is larger than 1000000 bytes once it is unpacked. Ask it for less. {RAISE}",
        ),
    ],
)
def test_a_stream_that_misbehaves_ends_in_bounds(
    behaviour: Behaviour,
    code: str,
    sentence: str,
    acme: Tenant,
    corridor: Corridor,
    register: Register,
    service: Upstream,
) -> None:
    service.behaviours["/stream"] = behaviour
    slow = {"timeout_ms": 300} if code == "timeout" else {"timeout_ms": 20_000}
    tool_at(
        register,
        service,
        "/stream",
        read_only=True,
        max_output_bytes=1_000_000 if "unpacked" in sentence else None,
        **slow,
    )
    outcome = corridor.call("crm-find", INPUT, mode=Mode.STREAM)
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"], outcome.error["detail"]) == (Status.FAILED, code, sentence)
    assert stored(acme, outcome).status == Status.FAILED
    assert connections_in_use(corridor) == 0


@pytest.mark.parametrize("path", TABLE)
def test_it_says_of_a_call_with_an_effect_when_nobody_knows(
    path: str, acme: Tenant, corridor: Corridor, register: Register, service: Upstream
) -> None:
    code, sentence = TABLE[path]
    tool_at(register, service, path, definition={"method": "POST", "url": service.url(path)})
    outcome = corridor.call("crm-find", INPUT)
    assert outcome.error is not None
    known = path in ANSWERED or code == "egress_blocked"
    assert (outcome.error["code"], outcome.error["status"]) == (
        (code, STATUS[code]) if known else ("outcome_unknown", 504)
    )
    what_happened, _, _ = sentence.partition(". ")
    assert outcome.error["detail"].startswith(sentence if known else f"{what_happened.removesuffix('.')}. The call may")
    assert ("look at the service before repeating it" in outcome.error["detail"]) is not known
    assert known or "Try again" not in outcome.error["detail"]
    assert stored(acme, outcome).status == Status.FAILED
    assert connections_in_use(corridor) == 0


@pytest.mark.parametrize(
    ("path", "output"),
    [
        ("/promise-less", "ok"),
        ("/answer-twice", "asked for"),
        ("/no-length", "until the end"),
        ("/early-hints", "after the hints"),
        ("/no-content", None),
        ("/half-a-pair-in-utf7", "+2AA-"),
        ("/failure-that-says-ok", {"ok": False, "error": {"code": "no_such_channel"}}),
    ],
)
def test_it_takes_what_can_be_taken(
    path: str, output: Any, acme: Tenant, corridor: Corridor, register: Register, service: Upstream
) -> None:
    tool_at(register, service, path, read_only=True)
    outcome = corridor.call("crm-find", INPUT)
    assert (outcome.status, outcome.output, stored(acme, outcome).output) == (Status.SUCCEEDED, output, output)


@pytest.mark.parametrize("path", ["/promise-less", "/answer-twice", "/long-header", "/gzip-bomb", "/hang-in-body"])
def test_it_lets_no_call_hear_what_was_said_to_the_one_before(
    path: str, corridor: Corridor, register: Register, service: Upstream
) -> None:
    tool_at(register, service, path, read_only=True, timeout_ms=300)
    register(slug="echo", read_only=True, definition={"method": "GET", "url": service.url("/echo")})
    corridor.call("crm-find", INPUT)
    echoed = corridor.call("echo", INPUT)
    assert echoed.output[:14] == "GET /echo HTTP"


def test_it_ends_the_conversation_when_the_time_is_over(
    corridor: Corridor, register: Register, service: Upstream
) -> None:
    tool_at(register, service, "/drip-body", read_only=True)
    corridor.call("crm-find", INPUT)
    # The service hears it as it drips on.
    until(lambda: not any(thread.is_alive() for thread in service.threads))


def test_a_service_that_drips_does_not_outlive_the_time_the_caller_gave(
    corridor: Corridor, register: Register, service: Upstream
) -> None:
    tool_at(register, service, "/drip-body", read_only=True, timeout_ms=600_000)
    outcome = corridor.call("crm-find", INPUT, timeout_ms=100)
    assert outcome.error is not None
    assert outcome.error["code"] == "timeout"


def test_it_tries_a_broken_service_again_where_that_is_safe(
    corridor: Corridor, register: Register, service: Upstream
) -> None:
    def break_once(peer: Peer) -> bool | None:
        return None if len(service.seen) == 1 else peer.answer(b"well again", Content_Type="text/plain")

    service.behaviours["/once"] = break_once
    tool_at(register, service, "/once", read_only=True, retries={"attempts": 2})
    outcome = corridor.call("crm-find", INPUT)
    assert (outcome.output, outcome.attempts) == ("well again", 2)


FAILURE = {"ok": False, "error": {"code": "no_such_channel"}}


@pytest.mark.parametrize("mode", ["sync", "stream"])
@pytest.mark.parametrize("error_when", ["!ok", "error", "error.code == 'no_such_channel'", "not_null(error)"])
def test_a_version_may_say_how_its_service_says_that_it_failed(
    error_when: str, mode: str, acme: Tenant, corridor: Corridor, register: Register, service: Upstream
) -> None:
    url = service.url("/failure-that-says-ok")
    tool_at(register, service, "", definition={"method": "POST", "url": url, "error_when": error_when})
    answer = corridor.post("tools/crm-find/execute/", {"input": INPUT, "mode": mode})
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (502, "upstream_error")
    assert problem["detail"] == "The tool's service answered with HTTP 200 and said that it failed."
    assert problem["upstream"] == {"status": 200, "body": FAILURE}
    [row] = executions(acme)
    assert (row.status, row.output, row.attempts) == (Status.FAILED, None, 1)


@pytest.mark.parametrize("error_when", ["", "ok", "error.code == 'other'", "nothing"])
def test_what_does_not_say_so_is_a_success(
    error_when: str, corridor: Corridor, register: Register, service: Upstream
) -> None:
    url = service.url("/failure-that-says-ok")
    tool_at(register, service, "", definition={"method": "POST", "url": url, "error_when": error_when})
    assert corridor.call("crm-find", INPUT).output == FAILURE


def test_it_says_when_it_cannot_tell(corridor: Corridor, register: Register, service: Upstream) -> None:
    url = service.url("/failure-that-says-ok")
    tool_at(register, service, "", definition={"method": "POST", "url": url, "error_when": "length(ok)"})
    outcome = corridor.call("crm-find", INPUT)
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["status"]) == ("invalid_output", 502)
    assert "another `error_when`" in outcome.error["detail"]


@pytest.mark.parametrize("error_when", ["!ok", 7, "ok ==", "x" * 5000])
def test_it_publishes_no_condition_that_cannot_be_read(error_when: Any, corridor: Corridor, service: Upstream) -> None:
    definition = {"method": "POST", "url": service.url("/"), "error_when": error_when}
    body = {"slug": "failing", "name": "Failing", "version": "1.0.0", "transport": "http", "definition": definition}
    answer = corridor.post("tools/", {**body, "input_schema": {"type": "object"}})
    if error_when == "!ok":
        assert answer.status_code == 201
    else:
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["path"] == "$.definition.error_when"
