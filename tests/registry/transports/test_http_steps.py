"""Several requests in one call, through the whole corridor."""

import base64
import json
from typing import Any

import pytest

from accounts.models import Tenant
from registry.execution.types import Outcome
from registry.models.execution import Status
from tests.catalogue import Register
from tests.corridor import Corridor
from tests.registry.execution.rows import stored
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = base64.b64encode(b"\x00\x01\x02").decode()
INPUT_SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}, "content": {}, "notify": {}}}


def steps(url: str) -> list[dict[str, Any]]:
    """As some services take files: a place is asked for, filled, and said to be full."""
    return [
        {"id": "place", "url": f"{url}/places", "input": "{title: title, length: byte_length(content)}"},
        {"id": "bytes", "url_from": "place.url", "body_format": "bytes", "input": "{content: content}"},
        {"id": "told", "url": f"{url}/notify", "when": "notify", "input": "{id: place.id}"},
        {"id": "done", "method": "PUT", "url": f"{url}/places/{{id}}", "input": "{id: place.id, gone: gone}"},
    ]


@pytest.fixture
def upload(register: Register, upstream: Upstream) -> Any:
    def registered(**changes: Any) -> None:
        definition = {"steps": steps(upstream.url), "error_message": "why", **changes.pop("definition", {})}
        more = {"response_mapping": "{id: done.id, title: title}", **changes}
        register(slug="upload", input_schema=INPUT_SCHEMA, definition=definition, **more)

    return registered


def answering(upstream: Upstream, *after: Scripted) -> None:
    place = json.dumps({"id": 7, "url": f"{upstream.url}/fill"}).encode()
    upstream.will(Scripted(body=place), *(after or (Scripted(), Scripted(body=b'{"id": "f7"}'))))


def called(corridor: Corridor, **values: Any) -> Outcome:
    return corridor.call("upload", {"title": "Plan", "content": {"base64": CONTENT}, **values})


def sent(upstream: Upstream) -> list[tuple[str, str]]:
    return [(received.method, received.path) for received in upstream.received]


def test_it_goes_from_step_to_step(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload()
    answering(upstream)
    outcome = called(corridor)
    assert (outcome.status, outcome.output) == (Status.SUCCEEDED, {"id": "f7", "title": "Plan"})
    assert sent(upstream) == [("POST", "/places"), ("POST", "/fill"), ("PUT", "/places/7")]
    place, filled, done = upstream.received
    assert place.json == {"title": "Plan", "length": 3}
    assert (filled.body, filled.headers["Content-Type"]) == (b"\x00\x01\x02", "application/octet-stream")
    assert done.json == {}


def test_it_takes_a_step_only_when_it_is_asked_for(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload()
    answering(upstream, Scripted())
    called(corridor, notify=True)
    assert sent(upstream)[2] == ("POST", "/notify")


def test_it_answers_with_everything_where_nothing_is_picked(
    corridor: Corridor, upload: Any, upstream: Upstream
) -> None:
    upload(response_mapping="")
    answering(upstream, Scripted(body=b""), Scripted(body=b'"fine"'))
    output = called(corridor).output
    assert (output["title"], output["bytes"], output["done"]) == ("Plan", None, "fine")
    assert "told" not in output


@pytest.mark.parametrize("mapping", ["", "{pin: pin}"])
def test_it_stores_nothing_of_the_input_that_may_not_be_stored(
    mapping: str, acme: Tenant, corridor: Corridor, register: Register, upstream: Upstream
) -> None:
    pin = {"type": "string", "writeOnly": True}
    one = {"id": "one", "url": f"{upstream.url}/one"}
    register(
        slug="upload",
        input_schema={"type": "object", "properties": {"pin": pin}},
        definition={"steps": [one]},
        response_mapping=mapping,
    )
    outcome = corridor.call("upload", {"pin": "4711-secret"})
    assert outcome.output["pin"] == "4711-secret"
    row = stored(acme, outcome)
    assert "4711-secret" not in json.dumps([row.input, row.output])


def test_it_says_which_step_failed_and_what_had_been_done(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload()
    answering(upstream, Scripted(), Scripted(422, b'{"why": "It is too large."}'))
    outcome = called(corridor)
    assert outcome.error is not None
    assert (outcome.status, outcome.error["code"]) == (Status.FAILED, "upstream_error")
    assert outcome.error["detail"] == (
        "The step `done` failed, after `place`, `bytes` had been done: "
        "The tool's service answered with HTTP 422: It is too large."
    )
    assert (outcome.error["step"], outcome.error["done"]) == ("done", ["place", "bytes"])


def test_it_says_that_nobody_knows_what_a_step_did(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload()
    answering(upstream, Scripted(504))
    outcome = called(corridor)
    assert outcome.error is not None
    assert outcome.error["code"] == "outcome_unknown"
    assert outcome.error["detail"].startswith(
        "The step `bytes` failed, after `place` had been done: The tool's service answered with HTTP 504. The call may"
    )
    assert sent(upstream) == [("POST", "/places"), ("POST", "/fill")]


def test_it_repeats_only_the_step_that_failed(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload(retries={"attempts": 3, "first_backoff_ms": 1})
    answering(upstream, Scripted(), Scripted(503), Scripted(body=b'{"id": "f7"}'))
    outcome = called(corridor)
    assert (outcome.status, outcome.attempts) == (Status.SUCCEEDED, 2)
    assert sent(upstream) == [("POST", "/places"), ("POST", "/fill"), ("PUT", "/places/7"), ("PUT", "/places/7")]


def test_it_does_not_repeat_a_step_that_may_have_acted(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload(retries={"attempts": 3, "first_backoff_ms": 1})
    answering(upstream, Scripted(503))
    assert called(corridor).attempts == 1
    assert len(upstream.received) == 2


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (b'{"id": 7}', "The step `bytes` was given no address: `place.url` found none."),
        (b'{"id": 7, "url": "/fill"}', "The step `bytes` was given no address: `place.url` found none."),
    ],
)
def test_it_goes_nowhere_without_an_address(
    place: bytes, sentence: str, corridor: Corridor, upload: Any, upstream: Upstream
) -> None:
    upload()
    upstream.will(Scripted(body=place))
    outcome = called(corridor)
    assert outcome.error is not None
    assert (outcome.error["code"], len(upstream.received)) == ("invalid_output", 1)
    assert sentence in outcome.error["detail"]


def test_it_goes_nowhere_that_egress_refuses(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload()
    upstream.will(Scripted(body=b'{"url": "http://169.254.169.254/latest/"}'))
    outcome = called(corridor)
    assert outcome.error is not None
    assert (outcome.error["code"], len(upstream.received)) == ("egress_blocked", 1)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"input": "length(title)"}, "The `input` of the step `place` comes to no object. Its maker has to mend it."),
        ({"input": "length(gone)"}, "The `input` of the step `place` does not fit what it was given."),
        ({"when": "length(gone)"}, "The `when` of the step `place` does not fit what it was given."),
    ],
)
def test_it_says_which_expression_does_not_fit(
    changed: dict[str, str], sentence: str, corridor: Corridor, upload: Any, upstream: Upstream
) -> None:
    place, *others = steps(upstream.url)
    upload(definition={"steps": [{**place, **changed}, *others]})
    outcome = called(corridor)
    assert outcome.error is not None
    assert (outcome.error["code"], upstream.received) == ("invalid_output", [])
    assert sentence in outcome.error["detail"]


def test_it_has_one_deadline_for_all(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    upload(timeout_ms=300)
    arrived, leave = upstream.will_wait()
    outcome = called(corridor)
    leave.set()
    assert arrived.is_set()
    assert outcome.error is not None
    assert (outcome.error["code"], outcome.error["step"], len(upstream.received)) == ("outcome_unknown", "place", 1)


def test_it_gives_each_step_a_key_of_its_own(corridor: Corridor, upload: Any, upstream: Upstream) -> None:
    keyed = [{**step, "idempotency_header": "Idempotency-Key"} for step in steps(upstream.url)]
    upload(definition={"steps": keyed})
    answering(upstream)
    outcome = called(corridor)
    assert [received.headers["Idempotency-Key"] for received in upstream.received] == [
        f"qm-{outcome.id}-{step}" for step in ("place", "bytes", "done")
    ]
