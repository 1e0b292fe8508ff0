"""A `curl` that sends a request again, to be pasted into a shell: whatever came, it can do nothing but that."""

import base64
import re
from collections.abc import Iterator
from shlex import quote

from webhooks.events.raw import Raw

LONGEST_BODY = 64_000
"""Bytes that are written into the command."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""A field name of RFC 9110, 5.1. `curl` would read `@file` in the place of one."""
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_OWN = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "expect"})
"""Headers that `curl` sets itself, or that belong to one connection."""


def curl_of(raw: Raw) -> str:
    """The body stands in the command, or comes through a pipe, or has to be put into a file named `body`."""
    before, body = _body(raw)
    parts = [f"curl --globoff -X {quote(raw.method)}", *_headers(raw), *body, f"--url {quote(_printable(raw.url))}"]
    return before + " \\\n  ".join(parts)


def _headers(raw: Raw) -> Iterator[str]:
    for name, value in raw.headers:
        if name.lower() not in _OWN and _NAME.fullmatch(name):
            # A header without a value has to end in a semicolon: `-H 'X-Empty;'`.
            yield f"-H {quote(f'{name}: {_printable(value)}' if value.strip() else f'{name};')}"
    if raw.body != b"" and not any(name.lower() == "content-type" for name, _ in raw.headers):
        yield "-H 'Content-Type:'"  # or it would say that the body is a form


def _body(raw: Raw) -> tuple[str, list[str]]:
    """What stands before the command, and what within it."""
    if raw.body is None or len(raw.body) > LONGEST_BODY:
        return "# Put the body into a file named `body`.\n", ["--data-binary @body"]
    if not raw.body:
        return "", []
    text = _text_of(raw.body)
    if text is None:
        return f"echo {base64.b64encode(raw.body).decode()} | base64 -d | ", ["--data-binary @-"]
    # Not `--data`, which reads a file where the text begins with `@`.
    return "", [f"--data-raw {quote(text)}"]


def _text_of(body: bytes) -> str | None:
    """None: it holds what a terminal or a shell would take for something else."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
