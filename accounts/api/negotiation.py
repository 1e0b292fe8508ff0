"""Answers are JSON, whatever a client would like better; one that takes no JSON at all is told so."""

from collections.abc import Iterable

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonNegotiation(DefaultContentNegotiation):
    """DRF's negotiation, which is skipped for the Accept headers that nearly every client sends."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if request.META.get("HTTP_ACCEPT", "*/*") in {"*/*", "application/json", "application/json, */*"}:
            first, *_ = renderers
            return first, first.media_type or ""
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen
