"""`/docs/errors`: every code that a problem document may carry, as the error classes themselves say it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.errors import QuartermasterError


@dataclass(frozen=True)
class Meaning:
    """What a code may stand for: one error class, in its default message."""

    sentence: SafeString
    may_pass: bool


@dataclass(frozen=True)
class Code:
    """One word for programs, and everything it may mean."""

    code: str
    status: int
    meanings: tuple[Meaning, ...]


def error_classes(kind: type[QuartermasterError] = QuartermasterError) -> Iterator[type[QuartermasterError]]:
    """The whole tree below `kind`, a parent before its children."""
    for child in kind.__subclasses__():
        yield child
        yield from error_classes(child)


def codes() -> list[Code]:
    """By status, then by code."""
    ordered = sorted(error_classes(), key=_place)
    return [Code(code, status, tuple(map(_meaning, kinds))) for (status, code), kinds in groupby(ordered, key=_place)]


@require_safe
def errors_page(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/errors.html", {"codes": codes()})


def _place(kind: type[QuartermasterError]) -> tuple[int, str]:
    return kind.status, kind.code


def _meaning(kind: type[QuartermasterError]) -> Meaning:
    return Meaning(marked_up(kind().message), kind.retryable)


def marked_up(text: str) -> SafeString:
    """What stands between backticks as code."""
    pieces = text.split("`")
    words = ((format_html("<code>{}</code>" if at % 2 else "{}", piece),) for at, piece in enumerate(pieces))
    return format_html_join("", "{}", words)
