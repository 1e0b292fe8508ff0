"""Addresses for browsers, in answers."""

from django.conf import settings
from rest_framework.request import Request


def absolute(request: Request, path: str) -> str:
    """Under PUBLIC_URL, else under the host that was asked."""
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
