"""The admin site: the product's one browser home. Only pages that keep to their tenant can be registered."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.views import LogoutView
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from accounts.chrome.pages import TenantPages, caller_behind
from accounts.chrome.passwords import invitation_page, own_password_page
from accounts.chrome.related import more_pages
from accounts.errors import Forbidden, Malformed, NotFound, QuartermasterError
from accounts.ids import uuid_in
from accounts.middleware import asks_outside
from accounts.models import Tenant
from accounts.tenancy import platform

SWITCHABLE = 12
"""Tenants in the switcher's menu; its last line leads to the list of all."""


class QuartermasterSite(UnfoldAdminSite):
    index_title = "Dashboard"

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[Any] | None = None,
        **options: Any,
    ) -> None:
        """Leave out what other packages register: their pages know no tenants and no roles."""
        if admin_class is not None and issubclass(admin_class, TenantPages):
            super().register(model_or_iterable, admin_class, **options)

    def every_pages(self) -> list[TenantPages]:
        return [pages for pages in self._registry.values() if isinstance(pages, TenantPages)]

    def get_urls(self) -> Any:
        return [
            path("tenant/", self.admin_view(require_POST(self.switch_tenant)), name="switch_tenant"),
            path("invitation/<uuid:person_id>/<str:token>/", self.invitation, name="invitation"),
            *(path(each.route, self.admin_view(each.page), name=each.name) for each in more_pages()),
            *super().get_urls(),
        ]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                if "%00" in request.META.get("QUERY_STRING", ""):
                    raise Malformed("The address holds a NUL character, which no page can look for. Take it out.")
                response: HttpResponse = inner(request, *args, **kwargs)
                return response
            except QuartermasterError as error:
                return render(request, "error.html", {"error": error}, status=error.status)

        guarded.model_admin = getattr(view, "model_admin", None)  # type: ignore[attr-defined]
        return asks_outside(guarded) if getattr(view, "asks_outside", False) else guarded

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context: dict[str, Any] = super().each_context(request)
        if self.has_permission(request):
            context |= self._tenant_context(request)
        return context

    def _tenant_context(self, request: HttpRequest) -> dict[str, Any]:
        caller = caller_behind(request)
        context: dict[str, Any] = {"tenant": Tenant.objects.get(id=caller.tenant_id)}
        if caller.is_platform_owner:
            with platform():
                context["tenants"] = list(Tenant.objects.order_by("name")[:SWITCHABLE])
        return context

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Whoever comes from where their tenant does not let them in is told so, once their password was right."""
        try:
            return super().login(request, extra_context)
        except Forbidden as error:
            return render(request, "error.html", {"error": error}, status=error.status)

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        response = LogoutView.as_view(next_page=reverse("admin:login"))(request)
        if response.status_code == 302:
            messages.success(request, "You are signed out.")
        return response

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Our floors are nothing to people: the sidebar has groups of its own."""
        return redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return own_password_page(request, self.each_context(request))

    def invitation(self, request: HttpRequest, person_id: UUID, token: str) -> HttpResponse:
        return invitation_page(request, self.each_context(request), person_id, token)

    def switch_tenant(self, request: HttpRequest) -> HttpResponse:
        """The platform's owner goes on inside another tenant. Nobody else can."""
        if not caller_behind(request).is_platform_owner:
            raise NotFound
        with platform():
            chosen = uuid_in(request.POST.get("tenant", ""))
            tenant = Tenant.objects.filter(id=chosen).first() if chosen else None
        if tenant is None:
            raise NotFound("There is no such tenant. It may have been removed; go back and choose another.")
        request.session["tenant"] = str(tenant.id)
        messages.success(request, f"You are now in {tenant.name}.")
        return redirect("admin:index")
