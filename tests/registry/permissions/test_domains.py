"""Domains against the ways to write an address so that it looks like another one."""

import pytest

from registry.permissions.domains import BadDomain, in_domains, read_domain
from registry.permissions.fit import Fit

CERTAIN = [
    "https://example.com",
    "https://example.com/a?b=c#d",
    "HTTPS://EXAMPLE.COM",
    "https://example.com.",
    "https://api.example.com:8443/",
    "https://ada:secret@example.com/",
    "https://example.com/?@evil.com",
    "https://example.com#@evil.com",
    "wss://example.com",
    "example.com",
    "example.com:443",
    "example.com/path",
    "ada@example.com",
    "ada+tag@mail.example.com",
    "mailto:ada@example.com",
    "http://\uff45xample.com",
]
POSSIBLE = [
    "http:example.com",
    "http:/example.com",
    "//example.com",
    "http:\\\\example.com",
    "http://evil.com\\@example.com",
    "http://example.com\\.evil.com",
    "http://example.com\t.evil.com",
    "http://evil.com\n",
    "ht\ntp://evil.com",
    "http://ev%69l.com",
    "http://a@b@evil.com",
    "http://evil.com..",
    "http://2130706433",
    "http://0x7f000001",
    "http://127.1",
    "http://[::ffff:127.0.0.1%25eth0]",
    "http://",
    "http://evil.com:port",
    "Ada <ada@evil.com>",
    "ada@evil.com, bob@evil.com",
    "javascript:alert(1)",
    "https://-evil.com",
    "https://xn--a.com\u202e",
    "https://" + "a" * 20_000,
    "",
    None,
    5,
    ["https://example.com"],
]
IMPOSSIBLE = [
    "https://evil.com",
    "https://notexample.com",
    "https://example.com.evil.com",
    "https://example.com@evil.com",
    "https://evil.com/example.com",
    "https://exämple.com",
    "example.com@evil.com",
    "http://192.0.2.1",
    "http://[2001:db8::1]:80/",
]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        *((each, Fit.YES) for each in CERTAIN),
        *((each, Fit.MAYBE) for each in POSSIBLE),
        *((each, Fit.NO) for each in IMPOSSIBLE),
    ],
    ids=lambda value: repr(value)[:50],
)
def test_it_tells_what_is_certain_from_what_is_possible(address: object, expected: Fit) -> None:
    assert in_domains(["example.com"])(address) is expected


@pytest.mark.parametrize(
    ("domain", "address"),
    [
        ("EXAMPLE.com.", "https://example.com"),
        ("exämple.com", "https://xn--exmple-cua.com"),
        ("192.0.2.1", "http://192.0.2.1:80"),
        ("2001:db8::1", "http://[2001:db8:0::1]/"),
        ("localhost", "localhost:8000"),
    ],
)
def test_it_compares_the_plain_form_of_both(domain: str, address: str) -> None:
    assert in_domains([read_domain(domain)])(address) is Fit.YES


@pytest.mark.parametrize(
    "domain", ["", "*.example.com", "example.com:80", "example.com/a", "https://example.com", "a@b.c", "a b", "1.2"]
)
def test_it_refuses_what_is_no_domain(domain: str) -> None:
    with pytest.raises(BadDomain):
        read_domain(domain)
