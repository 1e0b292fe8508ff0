"""Reading URLs: what is left of odd spellings."""
# ruff: noqa: RUF001 - the odd spellings are meant

import pytest

from integrations.egress.targets import LONGEST_URL, join_target, read_target
from integrations.errors import EgressBlocked


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("http://example.com", "example.com", 80, "/"),
        ("HTTPS://Example.COM:443/A?b=C#d", "example.com", 443, "/A?b=C"),
        ("http://example.com.:8080?x", "example.com", 8080, "/?x"),
        ("http://example.com:", "example.com", 80, "/"),
        ("http://127.0.0.1/", "127.0.0.1", 80, "/"),
        ("http://127.0.0.1.:99", "127.0.0.1", 99, "/"),
        ("http://[::1]:99/", "::1", 99, "/"),
        ("http://[0:0::0:1]/", "::1", 80, "/"),
        ("http://[::FFFF:1.2.3.4]/", "::ffff:102:304", 80, "/"),
        ("http://bücher.example/ü?q=ü", "xn--bcher-kva.example", 80, "/%C3%BC?q=%C3%BC"),
        ("http://１２７。０。０。１/", "127.0.0.1", 80, "/"),
        ("http://①②⑦.0.0.1/", "127.0.0.1", 80, "/"),
        ("http://ＥＸＡＭＰＬＥ.com/", "example.com", 80, "/"),
        ("http://my_service:8000/a b", "my_service", 8000, "/a%20b"),
        ("http://a.b/%41%zz'\"<>\\^`{|}", "a.b", 80, "/%41%zz'%22%3C%3E%5C%5E%60%7B%7C%7D"),
        ("http://a.b//c/../d;e?f[]=1&g=+", "a.b", 80, "//c/../d;e?f[]=1&g=+"),
        ("http://a.b/@c:d", "a.b", 80, "/@c:d"),
    ],
)
def test_it_reads_a_url(url: str, host: str, port: int, path: str) -> None:
    target = read_target(url)
    assert (target.host, target.port, target.path) == (host, port, path)


def test_it_writes_the_host_header() -> None:
    assert read_target("https://example.com:443/").host_header == "example.com"
    assert read_target("http://example.com:443/").host_header == "example.com:443"
    assert read_target("http://[::1]:80/").host_header == "[::1]"
    assert read_target("https://[::1]:8443/x").url == "https://[::1]:8443/x"


@pytest.mark.parametrize(
    "url",
    [
        *("", "example.com", "//example.com", "/path", "ftp://example.com/", "file:///etc/passwd", "gopher://x/"),
        *("javascript:alert(1)", "data:text/plain,x", "http:example.com", "http:/example.com", "http://"),
        *("http:///x", "http://?x", "http://:80/", " http://example.com/", "http ://example.com", "ws://x/"),
        *("http://user@example.com/", "http://user:pw@example.com/", "http://@example.com/", "http://a@b@c/"),
        *("http://example.com@127.0.0.1/", "http://example.com\\@127.0.0.1/", "http://127.0.0.1\\.example.com"),
        *("http://exa mple.com/", "http://exam\tple.com/", "http://exam\nple.com/", "http://a.b/\r\nX: y"),
        *("http://a.b/\x00", "http://a.b\x00.c/", "http://a.b/\x7f", "http://a.b/\ud800", "http://\ud800.b/"),
        *("http://127.1/", "http://127.0.1/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/"),
        *("http://0177.0.0.1/", "http://00127.0.0.1/", "http://127.0.0.01/", "http://0/", "http://0x/"),
        *("http://127.0.0.0x1/", "http://017700000001/", "http://1.2.3.4.5/", "http://256.1.1.1/"),
        *("http://999999999999/", "http://127.0.0.1../", "http://example.com../", "http://.example.com/"),
        *("http://a..b/", "http://%31%32%37.0.0.1/", "http://127.0.0.1%2f@x/", "http://ex%61mple.com/"),
        *("http://[fe80::1%eth0]/", "http://[fe80::1%25eth0]/", "http://[::1", "http://::1/", "http://[::1]x/"),
        *("http://[v1.a]/", "http://[127.0.0.1]/", "http://[]/", "http://[::1]:99999/", "http://a.b:0/"),
        *("http://a.b:99999/", "http://a.b:-1/", "http://a.b:8o/", "http://a.b:80:80/", "http://a.b:+80/"),
        *("http://-a.b/", "http://a-.b/", "http://a!b/", "http://a,b/", "http://*.b/", "http://a;b/"),
        *("http://" + "a" * 64 + ".b/", "http://" + "a." * 130 + "b/", "http://a.b/" + "x" * LONGEST_URL),
        *("http://xn--\u00fc.example/", "http://\u202e.example/", "http://a\u200b.b\u2028/", "http://１２７.１/"),
        *("http://①.①.①/", "http://0x7F.0x0.0x0.0x1/", "http://127.0.0.1:８０/", "http://a.b:80\\@c.d/"),
    ],
    ids=lambda url: ascii(url[:60]),
)
def test_it_refuses_what_two_parsers_could_read_differently(url: str) -> None:
    with pytest.raises(EgressBlocked) as caught:
        read_target(url)
    assert caught.value.message.startswith(("The URL", "the URL"))


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("/next?x=1", "https://a.example/next?x=1"),
        ("next", "https://a.example/dir/next"),
        ("?q", "https://a.example/dir/page?q"),
        ("//b.example/x", "https://b.example/x"),
        ("https://B.example:443", "https://b.example/"),
    ],
)
def test_it_reads_where_a_redirect_leads(location: str, expected: str) -> None:
    assert join_target(read_target("https://a.example/dir/page"), location).url == expected


@pytest.mark.parametrize(
    "location", ["ftp://a.example/", "http://[::1", "https://user@b.example/", "https://127.1/", "file:///etc/passwd"]
)
def test_it_refuses_where_a_redirect_may_not_lead(location: str) -> None:
    with pytest.raises(EgressBlocked):
        join_target(read_target("https://a.example/"), location)
