"""Against AWS's published test suite for Signature Version 4, and against moto."""

from datetime import UTC, datetime
from typing import Any

import pytest

from integrations.connections.auth.base import Held
from integrations.connections.auth.sigv4 import SigV4
from integrations.egress import EgressRequest
from integrations.format.auth import read_way

SCOPE = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
VALUES = {"access_key_id": "AKIDEXAMPLE", "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def held(service: str = "service", region: str = "us-east-1", **values: str) -> Held:
    way = read_way("key", {"type": "aws_sigv4", "service": service, "region": region})
    return Held(way, "", variables={"region": "us-east-1"}, values={**VALUES, **values})


@pytest.fixture(autouse=True)
def then(monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment of the test suite."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: datetime(2015, 8, 30, 12, 36, tzinfo=UTC))


def signed(method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None) -> str:
    request = EgressRequest(method, f"https://example.amazonaws.com{path}", headers or {}, body)
    return SigV4().apply(request, held()).headers["Authorization"]


@pytest.mark.parametrize(
    ("request_", "names", "signature"),
    [
        (("GET", "/"), "host;x-amz-date", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (("POST", "/"), "host;x-amz-date", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            ("GET", "/?Param2=value2&Param1=value1"),
            "host;x-amz-date",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            ("POST", "/", FORM, b"Param1=value1"),
            "content-type;host;x-amz-date",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
        (
            ("GET", "/", {"My-Header1": " value1", "My-Header2": ' "a   b   c"'}),
            "host;my-header1;my-header2;x-amz-date",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "get-vanilla-query-order-key-case", "post-form", "get-header-value-trim"],
)
def test_it_signs_as_the_suite_does(request_: Any, names: str, signature: str) -> None:
    said = f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders={names}, Signature={signature}"
    assert signed(*request_) == said


def test_it_spells_the_query_as_it_signs_it() -> None:
    request = EgressRequest("GET", "https://example.amazonaws.com/?arn=arn:aws:a/b&q=a b", {})
    assert SigV4().apply(request, held()).url == "https://example.amazonaws.com/?arn=arn%3Aaws%3Aa%2Fb&q=a%20b"


def test_it_sends_a_session_token_and_signs_it() -> None:
    request = EgressRequest("GET", "https://example.amazonaws.com/", {})
    sent = SigV4().apply(request, held(session_token="session-1"))
    assert sent.headers["X-Amz-Security-Token"] == "session-1"
    assert "x-amz-security-token" in sent.headers["Authorization"]


def test_it_tells_s3_the_digest_of_the_body() -> None:
    request = EgressRequest("PUT", "https://bucket.s3.amazonaws.com/a%20b", {}, b"hello")
    sent = SigV4().apply(request, held("s3", "{region}"))
    assert "/us-east-1/s3/aws4_request" in sent.headers["Authorization"]
    assert "x-amz-content-sha256" in sent.headers["Authorization"]


def test_it_refuses_a_key_that_no_header_can_hold() -> None:
    faults = list(SigV4().faults(held().way, {"access_key_id": "AKID\u00c4"}))
    assert [fault.path for fault in faults] == ["$.values.access_key_id"]
