import pytest

from integrations.connections.auth import Held
from integrations.connections.auth.bearer import Bearer
from integrations.connections.auth.placing import placed, placement_faults
from integrations.egress import EgressRequest
from integrations.format.auth import read_way
from integrations.format.types import Place, Placement

REQUEST = EgressRequest("GET", "https://chat.example/me", {"Cookie": "lang=en"})


def test_it_goes_into_a_header_after_its_prefix() -> None:
    sent = placed(REQUEST, Placement(Place.HEADER, "Authorization", "Token token="), "k-1")
    assert sent.headers == {"Cookie": "lang=en", "Authorization": "Token token=k-1"}


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://chat.example/me", "https://chat.example/me?key=a%2Bb%26c"),
        ("https://chat.example/me?page=2", "https://chat.example/me?page=2&key=a%2Bb%26c"),
        ("https://chat.example/me#there", "https://chat.example/me?key=a%2Bb%26c"),
    ],
)
def test_it_goes_into_the_query(url: str, sent: str) -> None:
    assert placed(EgressRequest("GET", url), Placement(Place.QUERY, "key"), "a+b&c").url == sent


def test_it_goes_into_a_cookie_beside_those_that_there_are() -> None:
    assert placed(REQUEST, Placement(Place.COOKIE, "key"), "k-1").headers == {"Cookie": "lang=en; key=k-1"}
    assert placed(EgressRequest("GET", "https://a.example"), Placement(Place.COOKIE, "key"), "k").headers == {
        "Cookie": "key=k"
    }


@pytest.mark.parametrize(
    ("way", "sent"),
    [({}, "Bearer t-1"), ({"prefix": ""}, "t-1"), ({"prefix": "OAuth "}, "OAuth t-1")],
)
def test_it_puts_a_token_where_its_connector_says(way: dict[str, str], sent: str) -> None:
    read = read_way("token", {"type": "bearer", **way})
    assert Bearer().apply(REQUEST, Held(read, "", values={"token": "t-1"})).headers["Authorization"] == sent


@pytest.mark.parametrize("value", ["k\r\nHost: evil.example", "sch\u00f6n", "", " k", "k "])
def test_it_refuses_what_would_end_a_header_or_arrive_as_something_else(value: str) -> None:
    assert [fault.path for fault in placement_faults("key", Placement(), value)] == ["$.values.key"]


@pytest.mark.parametrize("value", ["a b", 'a"b', "a;b", "a,b", "a\\b", "a\nb", ""])
def test_it_refuses_what_would_end_a_cookie(value: str) -> None:
    assert [fault.path for fault in placement_faults("key", Placement(Place.COOKIE, "key"), value)] == ["$.values.key"]
