"""The doors of the corridor in REST."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Agent, Tenant
from accounts.roles import Role
from tests.cast import make_agent, make_key
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import executions
from tests.registry.messages.shapes import anthropic, chat, tool_call, use
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

EXECUTE = "tools/crm-find/execute/"
INPUT = {"account": 7}


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_it_answers_with_the_execution(
    acme: Tenant, scout: Agent, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answer = corridor.post(EXECUTE, {"input": INPUT, "version": "^1"})
    assert answer.status_code == 200
    execution = answer.json()
    assert execution["output"] == {"ok": True}
    assert (execution["status"], execution["tool"], execution["version"]) == ("succeeded", "crm-find", "1.0.0")
    assert (execution["agent"], execution["tenant"]) == (str(scout.id), str(acme.id))
    assert corridor.get(f"executions/{execution['id']}/").json()["output"] == {"ok": True}


def test_it_takes_a_tool_with_its_range_in_the_body(corridor: Corridor, register: Register) -> None:
    register()
    answer = corridor.post(
        "executions/", {"tool": "crm-find@^1.0", "input": INPUT, "conversation": "c-1", "provider": "openai"}
    )
    assert (answer.status_code, answer.json()["version"]) == (200, "1.0.0")


def test_it_tells_a_failure_as_a_problem_with_its_execution(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    upstream.will(Scripted(500))
    answer = corridor.post(EXECUTE, {"input": INPUT})
    assert problem(answer) == (502, "upstream_error")
    assert answer.json()["execution_id"] == str(executions(acme)[0].id)


@pytest.mark.parametrize(
    ("named", "kept"), [("%00", "\ufffd"), ("crm-find%00", "crm-find\ufffd"), ("x" * 70, "x" * 64)]
)
def test_it_records_a_call_of_what_can_be_no_name(
    named: str, kept: str, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answer = corridor.post(f"tools/{named}/execute/", {"input": INPUT})
    assert problem(answer) == (404, "tool_not_found")
    [row] = executions(acme)
    assert (str(row.id), row.tool_slug) == (answer.json()["execution_id"], kept)
    assert upstream.received == []


def test_it_says_in_a_header_how_long_to_wait(corridor: Corridor, register: Register) -> None:
    register(rate_limit={"per_minute": 1, "burst": 1})
    corridor.post(EXECUTE, {"input": INPUT})
    answer = corridor.post(EXECUTE, {"input": INPUT})
    assert problem(answer) == (429, "rate_limited")
    assert 1 <= int(answer["Retry-After"]) <= 61


def test_it_replays_under_an_idempotency_key(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    first = corridor.post(EXECUTE, {"input": INPUT}, idempotency_key="k-1")
    again = corridor.post(EXECUTE, {"input": INPUT}, idempotency_key="k-1")
    assert again.json()["id"] == first.json()["id"]
    assert len(upstream.received) == 1
    other = corridor.post(EXECUTE, {"input": {"account": 8}}, idempotency_key="k-1")
    assert problem(other) == (409, "idempotency_conflict")


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "k\u00e9y"])
def test_it_refuses_a_key_it_could_not_keep(
    key: str, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    assert problem(corridor.post(EXECUTE, {"input": INPUT}, idempotency_key=key)) == (400, "malformed_request")
    assert (upstream.received, executions(acme)) == ([], [])


@pytest.mark.parametrize(
    ("door", "body"),
    [
        (EXECUTE, {"input": INPUT}),
        ("executions/", {"tool": "crm-find", "input": INPUT}),
        ("executions/batch/", {"calls": [{"id": "a", "tool": "crm-find", "input": INPUT}]}),
        ("executions/anthropic/", anthropic(use("toolu_1", "crm-find", **INPUT))),
        ("executions/openai/", chat(tool_call("call_1", "crm-find", INPUT))),
    ],
)
def test_it_refuses_two_keys(
    door: str, body: Any, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answer = corridor.post(door, body, idempotency_key="k-1", Idempotency_Key="k-2")
    assert problem(answer) == (400, "malformed_request")
    assert answer.json()["errors"] == [
        {"path": "Idempotency-Key", "message": "Send it once: one key for the one request."}
    ]
    assert (upstream.received, executions(acme)) == ([], [])


def test_it_takes_a_key_with_a_comma(corridor: Corridor, register: Register) -> None:
    register()
    assert corridor.post(EXECUTE, {"input": INPUT}, idempotency_key="k-1,k-2").status_code == 200


def test_it_passes_on_the_trace_it_belongs_to(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    corridor.post(EXECUTE, {"input": INPUT}, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    for none in ("nonsense", f"00-{'0' * 32}-00f067aa0ba902b7-01"):
        corridor.post(EXECUTE, {"input": INPUT}, traceparent=none)
    first, *others = executions(acme)
    assert first.trace_id == trace
    assert upstream.received[0].headers["traceparent"] == f"00-{trace}-{first.id.hex[16:]}-01"
    # Where nothing can be read a trace begins, named after its first execution.
    assert [row.trace_id for row in others] == [row.id.hex for row in others]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed_request"),
        (b"[]", 422, "invalid_input"),
        (b"null", 422, "invalid_input"),
        (b'{"input": []}', 422, "invalid_input"),
        (b'{"input": {}, "imput": 1}', 422, "invalid_input"),
        (b'{"input": {"account": "\\u0000"}}', 400, "malformed_request"),
        (b'{"input": {"account": "\\ud800"}}', 400, "malformed_request"),
        (b'{"input": {"account": NaN}}', 400, "malformed_request"),
        (b'{"input": {}, "timeout_ms": 0}', 422, "invalid_input"),
        (b'{"input": {}, "timeout_ms": "5"}', 422, "invalid_input"),
        (b'{"input": {}, "version": 7}', 422, "invalid_input"),
        (b"[" * 100_000, 400, "malformed_request"),
        (b'{"input": {"a": "' + b"x" * 3_000_000 + b'"}}', 413, "too_large"),
    ],
)
def test_it_refuses_bad_input_and_does_nothing(
    body: bytes, status: int, code: str, corridor: Corridor, register: Register, upstream: Upstream, acme: Tenant
) -> None:
    register()
    assert problem(corridor.post(EXECUTE, body)) == (status, code)
    assert upstream.received == []
    assert executions(acme) == []


@pytest.mark.parametrize(
    "header",
    [
        {"content_type": "application/json; charset=utf-16"},
        {"content_type": 'application/json; charset="latin-1"'},
        {"content_encoding": "gzip"},
    ],
)
def test_it_refuses_bodies_that_say_they_are_encoded(
    header: dict[str, str], acme: Tenant, corridor: Corridor, register: Register
) -> None:
    register()
    assert problem(corridor.post(EXECUTE, {"input": INPUT}, **header)) == (415, "unsupported_media_type")
    assert executions(acme) == []


def test_it_takes_json_that_says_it_is_utf_8(corridor: Corridor, register: Register) -> None:
    register()
    answer = corridor.post(EXECUTE, {"input": INPUT}, content_type="application/json; charset=UTF-8")
    assert answer.status_code == 200


def test_it_names_the_unknown_field(corridor: Corridor, register: Register) -> None:
    register()
    assert corridor.post(EXECUTE, {"input": INPUT, "imput": 1}).json()["errors"] == [
        {"path": "$.imput", "message": "There is no such field here. Leave it out, or check its spelling."}
    ]


def test_it_keeps_integers_of_any_size(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    big = 2**70
    upstream.will(Scripted(body=b'{"n": %d}' % big))
    answer = corridor.post(EXECUTE, {"input": {"account": big}})
    assert answer.json()["output"] == {"n": big}
    assert upstream.received[0].json == {"account": big}


def test_it_lets_a_viewer_read_and_not_call(
    acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    viewer = corridor.as_(make_key(make_agent(acme, "watcher", Role.VIEWER)))
    assert problem(viewer.post(EXECUTE, {"input": INPUT})) == (403, "forbidden")
    assert upstream.received == []
    assert viewer.get("executions/").json()["results"][0]["status"] == "refused"


def test_it_lists_the_newest_first_and_filters(corridor: Corridor, register: Register, upstream: Upstream) -> None:
    register()
    register(slug="other")
    upstream.will(Scripted(200), Scripted(500))
    corridor.post(EXECUTE, {"input": INPUT})
    corridor.post("tools/other/execute/", {"input": INPUT})
    everything = corridor.get("executions/").json()["results"]
    assert [each["tool"] for each in everything] == ["other", "crm-find"]
    assert [each["tool"] for each in corridor.get("executions/", {"tool": "crm-find"}).json()["results"]] == [
        "crm-find"
    ]
    assert [each["tool"] for each in corridor.get("executions/", {"status": "failed"}).json()["results"]] == ["other"]
    assert problem(corridor.get("executions/", {"sort": "up"})) == (422, "invalid_input")


def test_it_shows_nothing_to_another_tenant(
    corridor: Corridor, spy_corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    execution = corridor.post(EXECUTE, {"input": INPUT}).json()
    assert problem(spy_corridor.get(f"executions/{execution['id']}/")) == (404, "not_found")
    assert spy_corridor.get("executions/").json()["results"] == []
    assert problem(spy_corridor.post(EXECUTE, {"input": INPUT})) == (404, "tool_not_found")
    assert len(upstream.received) == 1


def test_it_does_not_know_ids_that_nobody_gave(corridor: Corridor) -> None:
    assert problem(corridor.get(f"executions/{uuid4()}/")) == (404, "not_found")
    assert problem(corridor.get("executions/not-an-id/")) == (404, "not_found")


@pytest.mark.parametrize("key", ["", "qm_wrong", "qm_" + "x" * 43, "Zm9v"])
def test_it_leaves_nothing_of_a_call_without_a_key(
    key: str, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    register()
    answer = corridor.as_(key).post(EXECUTE, {"input": INPUT})
    assert problem(answer) == (401, "unauthenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="quartermaster"'
    assert (upstream.received, executions(acme)) == ([], [])
