"""What follows on a redirect, as a pure function."""

import pytest
from multidict import CIMultiDict

from integrations.egress.messages import EgressRequest, EgressRules
from integrations.egress.redirects import Hop, first_hop, next_hop
from integrations.egress.targets import read_target
from integrations.errors import EgressBlocked, UpstreamBroken


def hop(method: str = "GET", url: str = "http://a.example/x", left: int | None = 5) -> Hop:
    headers = CIMultiDict(
        {
            "Host": "a.example",
            "Authorization": "Bearer s3cret",
            "Cookie": "a=b",
            "X-Api-Key": "s3cret",
            "Content-Type": "text/csv",
            "Accept-Language": "fr",
        }
    )
    return Hop(method, read_target(url), headers, b"a,b" if method != "GET" else None, left)


@pytest.mark.parametrize(
    ("status", "method", "becomes", "body"),
    [
        (301, "POST", "GET", None),
        (302, "POST", "GET", None),
        (303, "POST", "GET", None),
        (307, "POST", "POST", b"a,b"),
        (308, "POST", "POST", b"a,b"),
        (301, "PUT", "PUT", b"a,b"),
        (302, "DELETE", "DELETE", b"a,b"),
        (303, "PUT", "GET", None),
        (303, "HEAD", "HEAD", b"a,b"),
    ],
)
def test_it_follows_the_methods_rules(status: int, method: str, becomes: str, body: bytes | None) -> None:
    following = next_hop(hop(method), status, "/y")
    assert following is not None
    assert (following.method, following.body, following.target.path) == (becomes, body, "/y")
    assert ("Content-Type" in following.headers) == (body is not None)
    assert following.redirects_left == 4


def test_it_keeps_credentials_within_an_origin() -> None:
    following = next_hop(hop(), 302, "http://A.example:80/y")
    assert following is not None
    assert following.headers == hop().headers


@pytest.mark.parametrize(
    "location", ["http://b.example/y", "https://a.example/y", "http://a.example:8080/y", "http://x.a.example/y"]
)
def test_it_drops_everything_that_may_be_a_credential_across_origins(location: str) -> None:
    following = next_hop(hop(), 307, location)
    assert following is not None
    assert sorted(following.headers) == ["Accept-Language", "Content-Type", "Host"]
    assert following.headers["Host"] == read_target(location).host_header


@pytest.mark.parametrize("location", ["http://b.example/y", "http://a.example:8080/y", "http://x.a.example/y"])
def test_it_sends_no_body_to_another_origin(location: str) -> None:
    with pytest.raises(EgressBlocked, match="would be sent the body"):
        next_hop(hop("PUT"), 308, location)


def test_it_sends_the_body_on_where_its_own_host_offers_tls() -> None:
    following = next_hop(hop("POST"), 308, "https://a.example/y")
    assert following is not None
    assert (following.body, "Authorization" in following.headers) == (b"a,b", False)


@pytest.mark.parametrize(
    "location",
    [
        *("https://b.example/?key=s3cret/+x", "https://b.example/?key=s3cret%2F%2Bx", "//b.example/s3cret/+x/y"),
        *("https://b.example/#s3cret/+x", "https://b.example/?key=%73%33cret%2f%2Bx", "https://b.example/czNjcmV0Lyt4"),
    ],
)
def test_it_follows_to_no_other_origin_with_the_credential_in_the_address(location: str) -> None:
    request = EgressRequest("GET", "https://a.example/x?key=s3cret%2F%2Bx", secrets=("s3cret/+x",))
    with pytest.raises(EgressBlocked, match="tells it the credential"):
        next_hop(first_hop(request, EgressRules("acme")), 302, location)


def test_it_follows_within_the_origin_with_the_credential_in_the_address() -> None:
    request = EgressRequest("GET", "https://a.example/x?key=s3cret", secrets=("s3cret",))
    following = next_hop(first_hop(request, EgressRules("acme")), 302, "/y?key=s3cret")
    assert following is not None
    assert following.target.path == "/y?key=s3cret"


def test_it_drops_a_credential_even_where_nobody_looks_for_one() -> None:
    headers = {"User-Agent": "me s3cret", "Accept-Language": "fr"}
    request = EgressRequest("GET", "https://a.example/", headers, secrets=("s3cret",))
    following = next_hop(first_hop(request, EgressRules("acme")), 302, "https://b.example/")
    assert following is not None
    assert sorted(following.headers) == ["Accept", "Accept-Encoding", "Accept-Language", "Host"]


API = frozenset({("https", "api.example.com", 443)})


@pytest.mark.parametrize("url", ["https://api.example.com/x", "https://API.example.com.:443/"])
def test_it_sends_a_credential_where_it_belongs(url: str) -> None:
    assert first_hop(EgressRequest("GET", url, origins=API), EgressRules("acme")).target.host == "api.example.com"


@pytest.mark.parametrize(
    "url",
    [
        *("https://evil.example/", "https://api.example.com.evil.example/", "https://x.api.example.com/"),
        *("http://api.example.com/", "http://api.example.com:443/", "https://api.example.com:8443/"),
    ],
)
def test_it_sends_a_credential_nowhere_else(url: str) -> None:
    with pytest.raises(EgressBlocked, match="The credential is not for"):
        first_hop(EgressRequest("GET", url, origins=API), EgressRules("acme"))


@pytest.mark.parametrize(("status", "location"), [(200, "/y"), (300, "/y"), (304, "/y"), (302, None), (305, "/y")])
def test_it_takes_other_answers_as_they_are(status: int, location: str | None) -> None:
    assert next_hop(hop(), status, location) is None


def test_it_follows_none_where_none_are_allowed() -> None:
    request = EgressRequest("GET", "http://a.example/")
    first = first_hop(request, EgressRules("acme", max_redirects=0))
    assert next_hop(first, 302, "/y") is None


def test_it_stops_when_there_were_too_many() -> None:
    with pytest.raises(UpstreamBroken, match="redirects too often"):
        next_hop(hop(left=0), 302, "/y")


@pytest.mark.parametrize("location", ["http://a.example/y", "ftp://a.example/", "https://u:p@a.example/", "//127.1/"])
def test_it_refuses_to_follow_out_of_tls_or_http(location: str) -> None:
    with pytest.raises(EgressBlocked):
        next_hop(hop(url="https://a.example/x"), 302, location)


def test_it_never_shows_headers_or_bodies_in_a_repr() -> None:
    assert "s3cret" not in repr(hop("POST"))
    assert "a,b" not in repr(hop("POST"))
