"""The command does what it says, whatever came: it is run against a server that notes what it gets."""

import subprocess
from typing import Any

import pytest

from tests.upstream import Upstream
from webhooks.events.curl import LONGEST_BODY, curl_of
from webhooks.events.raw import Raw


def raw(body: bytes | None = b'{"id": 1}', **facts: Any) -> Raw:
    usual: dict[str, Any] = {
        "method": "POST",
        "url": "https://registry.example/hooks/whk_1/?a=[1]",
        "headers": (("Content-Type", "application/json"), ("Host", "registry.example"), ("Content-Length", "9")),
    }
    return Raw(body=body, **usual | facts)


def test_it_writes_a_command() -> None:
    assert curl_of(raw()).splitlines() == [
        "curl --globoff -X POST \\",
        "  -H 'Content-Type: application/json' \\",
        """  --data-raw '{"id": 1}' \\""",
        "  --url 'https://registry.example/hooks/whk_1/?a=[1]'",
    ]


def test_it_leaves_out_a_body_that_there_is_not() -> None:
    assert "--data" not in curl_of(raw(b""))


@pytest.mark.parametrize("body", [None, b"x" * (LONGEST_BODY + 1)])
def test_it_asks_for_a_file_where_the_body_is_not_at_hand(body: bytes | None) -> None:
    assert curl_of(raw(body)).startswith("# Put the body into a file named `body`.\ncurl ")


def test_it_leaves_out_headers_that_curl_would_read_as_something_else() -> None:
    hostile = (("@/etc/passwd", ""), ("X-A\r\nB", "c"), ("X-Empty", ""), ("X-Bell", "a\x07\x1bb"))
    written = curl_of(raw(headers=hostile))
    assert [line.strip(" \\") for line in written.splitlines() if "-H" in line] == [
        "-H 'X-Empty;'",
        "-H 'X-Bell: ab'",
        "-H 'Content-Type:'",
    ]


def test_nothing_of_it_is_run_by_the_shell() -> None:
    evil = "'; touch /tmp/owned; echo '$(id)`id`"
    written = curl_of(
        raw(evil.encode(), url=f"https://registry.example/{evil}", method=evil, headers=(("Content-Type", evil),))
    )
    asked = subprocess.run(
        ["/bin/sh", "-c", f'curl() {{ for each in "$@"; do printf "%s\\0" "$each"; done; }}\n{written}'],
        capture_output=True,
        check=True,
        text=True,
    )
    assert asked.stdout.split("\0")[:-1] == [
        *("--globoff", "-X", evil, "-H", f"Content-Type: {evil}"),
        *("--data-raw", evil, "--url", f"https://registry.example/{evil}"),
    ]


@pytest.mark.parametrize("body", [b"@/etc/hostname", b"two\nlines\r\n", bytes(range(256)), "ü".encode()])
def test_the_body_arrives_as_it_was(upstream: Upstream, body: bytes) -> None:
    written = curl_of(raw(body, url=f"{upstream.url}/echo?a={{1,2}}", headers=(("Content-Type", "text/plain"),)))
    subprocess.run(["/bin/sh", "-c", f"{written} --silent --output /dev/null"], check=True)
    assert upstream.received[-1].body == body
