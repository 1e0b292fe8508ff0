"""Pages on which the platform's owner sees every tenant, and everybody else their own."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from accounts.chrome.acts import Act
from accounts.chrome.pages import TenantPages, caller_behind
from accounts.tenancy import platform


class PlatformPages(TenantPages):
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return _seeing_all(request, super().changelist_view, request, extra_context)

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _seeing_all(request, super().change_view, request, *args, **kwargs)

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _seeing_all(request, super().history_view, request, *args, **kwargs)

    def add_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _seeing_all(request, super().add_view, request, *args, **kwargs)

    def act_page(self, act: Act) -> Any:
        page = super().act_page(act)
        return lambda request, object_id: _seeing_all(request, page, request, object_id)


def _seeing_all(request: HttpRequest, page: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> HttpResponse:
    """The page with every tenant in it for the platform's owner, drawn before the scope ends."""
    if not caller_behind(request).is_platform_owner:
        return page(*args, **kwargs)
    with platform():
        response = page(*args, **kwargs)
        return response.render() if isinstance(response, TemplateResponse) else response
