import json
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from integrations.connections.auth.base import Held, Refusal, Token
from integrations.connections.auth.login import LoginCall
from integrations.egress import EgressResponse
from integrations.errors import UpstreamBroken
from integrations.format.auth import read_way

WAY = {"type": "login", "call": "POST /login", "token_path": "data.token", "expires_in_path": "data.ttl"}
VALUES = {"username": "ada", "password": "pa55-word"}


def held(**more: Any) -> Held:
    return Held(read_way("login", {**WAY, **more}), "https://crm.example/v1", {"host": "crm.example"}, values=VALUES)


def answer(value: Any, status: int = 200) -> EgressResponse:
    return EgressResponse(status, CIMultiDictProxy(CIMultiDict()), json.dumps(value).encode(), "", 0)


def read(value: Any, status: int = 200, **more: Any) -> Token:
    asking = LoginCall().ask(held(**more))
    assert asking
    return asking.read(answer(value, status))


def test_it_sends_what_was_entered_under_the_services_names() -> None:
    asking = LoginCall().ask(held(body={"user": "username", "pass": "password"}))
    assert asking
    assert (asking.request.method, asking.request.url) == ("POST", "https://crm.example/v1/login")
    assert json.loads(asking.request.body or b"") == {"user": "ada", "pass": "pa55-word"}


def test_it_sends_a_form_to_another_address_where_the_service_wants_that() -> None:
    asking = LoginCall().ask(held(body_format="form", call="PUT https://{host}/session"))
    assert asking
    assert (asking.request.method, asking.request.url) == ("PUT", "https://crm.example/session")
    assert asking.request.body == b"username=ada&password=pa55-word"


@pytest.mark.parametrize(("ttl", "seconds"), [(600, 600), ("600", 600), (None, 900), ("soon", 900)])
def test_it_reads_the_token_and_how_long_it_lives(ttl: Any, seconds: int) -> None:
    assert read({"data": {"token": "t-1", "ttl": ttl}}, lifetime_seconds=900) == Token("t-1", lifetime_seconds=seconds)


def test_it_tells_what_the_service_says_without_what_was_entered() -> None:
    with pytest.raises(Refusal) as caught:
        read({"error": {"message": "No user ada with pa55-word"}}, 403)
    assert (caught.value.words, caught.value.status) == ("No user ada with [redacted:secret]", 403)


@pytest.mark.parametrize("value", [{}, {"data": None}, {"data": {"token": ""}}, {"data": {"token": 7}}, "text"])
def test_it_refuses_an_answer_without_a_token(value: Any) -> None:
    with pytest.raises(UpstreamBroken, match="holds no token"):
        read(value)


def test_it_refuses_a_token_that_no_call_could_carry() -> None:
    with pytest.raises(UpstreamBroken, match="more than 20,000 letters"):
        read({"data": {"token": "t" * 20_001}})
