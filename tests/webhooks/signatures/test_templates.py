import pytest

from webhooks.signatures.templates import read_template, render

VALUES = {"body": b'{"a": 1}', "url": b"https://x.example/a?b=%2Fc%2fd%20e"}


def made(text: str, **values: bytes) -> bytes:
    return render(read_template(text), lambda name: (VALUES | values)[name], key=b"key")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("v0:{body}", b'v0:{"a": 1}'),
        ("{{{body}}}", b'{{"a": 1}}'),
        ("é\n", "é\n".encode()),
        ("{body|sha1}", b"e4ad4daad53a2eec0313386ada88211e50d693bd"),
        ("{body|crc32}", b"4221669015"),
        ("{body|upper}{body|upper|lower}", b'{"A": 1}{"a": 1}'),
        ("{url|plain_reserved}", b"https://x.example/a?b=/c/d%20e"),
        ("{body|hmac_sha256_hex}", b"85e7b68cdf027474f0f0b8e2e63c4afb88cacf8a3e503aa13160f290dfc506d4"),
    ],
)
def test_it_puts_values_in(text: str, expected: bytes) -> None:
    assert made(text) == expected


@pytest.mark.parametrize(
    ("url", "with_port", "without_port"),
    [
        ("https://x.example/a", "https://x.example:443/a", "https://x.example/a"),
        ("http://x.example", "http://x.example:80", "http://x.example"),
        ("HTTPS://x.example:8443/a?b#c", "HTTPS://x.example:8443/a?b#c", "HTTPS://x.example/a?b#c"),
        ("https://[2001:db8::1]/a", "https://[2001:db8::1]:443/a", "https://[2001:db8::1]/a"),
        ("https://[2001:db8::1]:1/a", "https://[2001:db8::1]:1/a", "https://[2001:db8::1]/a"),
        ("mailto:ada", "mailto:ada", "mailto:ada"),
    ],
)
def test_it_writes_ports_out_and_leaves_them_away(url: str, with_port: str, without_port: str) -> None:
    assert made("{url|with_port} {url|without_port}", url=url.encode()) == f"{with_port} {without_port}".encode()
