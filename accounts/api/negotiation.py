"""Answers are JSON, whatever a client would like better; one that takes no JSON at all is told so."""

from collections.abc import Sequence
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class JsonNegotiation(DefaultContentNegotiation):
    """DRF's negotiation, which is skipped for the Accept headers that nearly every client sends."""

    def select_renderer(
        self, request: Request, renderers: Sequence[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        if request.META.get("HTTP_ACCEPT", "*/*") in {"*/*", "application/json", "application/json, */*"}:
            return renderers[0], renderers[0].media_type or ""
        chosen: Any = super().select_renderer(request, renderers, format_suffix)  # type: ignore[arg-type]
        return chosen[0], chosen[1]
