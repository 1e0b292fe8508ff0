"""Pages for the tests of `person_scope`, under the admin site's prefix and beside it."""

from asgiref.sync import sync_to_async
from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from accounts.middleware import PageRequest, asks_outside
from accounts.models import Agent
from accounts.tenancy import NoScope, current_scope, within


def page(request: PageRequest) -> JsonResponse:
    """What the page sees, after it wrote what it was asked to; it answers with the status it was asked for."""
    if "name" in request.GET:
        Agent.objects.update(name=request.GET["name"])
    if "raise" in request.GET:
        raise RuntimeError("The page broke.")
    return JsonResponse(
        {
            "agents": sorted(Agent.objects.values_list("slug", flat=True)),
            "caller": request.caller.actor,
            "role": request.caller.role,
            "tenant": request.caller.tenant_slug,
        },
        status=int(request.GET.get("status", 200)),
    )


async def asynchronous_page(request: PageRequest) -> HttpResponse:
    return await sync_to_async(page)(request)


def scopeless(request: HttpRequest) -> HttpResponse:
    try:
        current_scope()
    except NoScope:
        return HttpResponse("no scope")
    return HttpResponse("a scope")


@asks_outside
def waiting(request: PageRequest) -> HttpResponse:
    """One that waits for a service: it has its caller, and in the meantime neither a scope nor a transaction."""
    meanwhile = f"{scopeless(request).content.decode()}, {connection.in_atomic_block}"
    with within(request.caller.tenant_id):
        Agent.objects.update(name="Kept")
    return HttpResponse(meanwhile, status=int(request.GET.get("status", 200)))


async def asynchronous_scopeless(request: HttpRequest) -> HttpResponse:
    return scopeless(request)


urlpatterns = [
    path("admin/page/", page),
    path("admin/asynchronous-page/", asynchronous_page),
    path("admin/scopeless/", scopeless),
    path("admin/waiting/", waiting),
    *(path(f"{name}", scopeless) for name in ("api/v1/page/", "hooks/page/", "healthz")),
    path("mcp", asynchronous_scopeless),
    path("admin/", admin.site.urls),
]
