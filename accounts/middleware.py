"""Opens the tenant's scope around every page that a signed-in person asks for.

A page runs in one transaction within the person's tenant; an answer of 400 or more undoes it. A stranger's request,
signing in included, has no scope. A page that asks a service outside (`asks_outside`) opens its scopes itself, so that
no transaction waits for the answer. Everything that is no page (the API, webhooks, probes) passes through untouched:
neither its session nor the database is looked at.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from inspect import iscoroutinefunction
from typing import TypeAlias, TypeVar, cast

from asgiref.sync import async_to_sync, sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.decorators import sync_and_async_middleware

from accounts.authenticate import caller_of, refuse_elsewhere
from accounts.caller import Caller
from accounts.errors import Forbidden
from accounts.models import Person, Tenant
from accounts.networks import address_behind
from accounts.tenancy import platform, within

PAGES = "/admin/"
SIGN_OUT = "/admin/logout/"
CHOSEN_TENANT = "tenant"
"""Where the session of the platform's owner holds the id of the tenant to look at."""

Sync: TypeAlias = Callable[[HttpRequest], HttpResponseBase]
Async: TypeAlias = Callable[[HttpRequest], Awaitable[HttpResponseBase]]
V = TypeVar("V", bound=Callable[..., HttpResponseBase])


class PageRequest(HttpRequest):
    """What a page of a signed-in person gets."""

    caller: Caller


def asks_outside(view: V) -> V:
    """Mark a page that waits for a service outside: it is given its caller, and opens its scopes itself."""
    view.asks_outside = True  # type: ignore[attr-defined]
    return view


@sync_and_async_middleware
def person_scope(get_response: Sync | Async) -> Sync | Async:
    if not iscoroutinefunction(get_response):
        answer = cast(Sync, get_response)
        return lambda request: _answer_page(request, answer) if _is_page(request) else answer(request)

    answer_async = cast(Async, get_response)
    # A transaction belongs to a thread: the synchronous parts of the page's view run in this one, too.
    answer_page = sync_to_async(_answer_page, thread_sensitive=True)

    async def in_scope(request: HttpRequest) -> HttpResponseBase:
        if _is_page(request):
            return await answer_page(request, cast(Sync, async_to_sync(answer_async)))
        return await answer_async(request)

    return in_scope


def _is_page(request: HttpRequest) -> bool:
    return request.path_info.startswith(PAGES)


def _answer_page(request: HttpRequest, get_response: Sync) -> HttpResponseBase:
    try:
        scope = _scope_of(request)
    except Forbidden as error:
        return render(request, "error.html", {"error": error}, status=error.status)
    if scope is None or _opens_its_scopes(request):
        return get_response(request)
    with scope:
        response = get_response(request)
        if response.status_code >= 400:
            transaction.set_rollback(True)
    return response


def _opens_its_scopes(request: HttpRequest) -> bool:
    try:
        return getattr(resolve(request.path_info).func, "asks_outside", False)
    except Resolver404:
        return False


def signed_in(request: HttpRequest) -> Caller | None:
    """Who is signed in, in the tenant that they look at; None for a stranger.

    Raises Forbidden when they come from where their own tenant does not let them in.
    """
    person = request.user
    if isinstance(person, AnonymousUser):
        return None
    address = address_behind(request.META)
    refuse_elsewhere(person, address)
    return caller_of(person, _tenant_of(request, person), address)


def _scope_of(request: HttpRequest) -> AbstractContextManager[None] | None:
    """None for a stranger, who is shown the way to sign in, and for whoever signs out."""
    if request.path_info == SIGN_OUT:
        return None
    caller = signed_in(request)
    if caller is None:
        return None
    cast(PageRequest, request).caller = caller
    return within(caller.tenant_id)


def _tenant_of(request: HttpRequest, person: Person) -> Tenant:
    chosen = request.session.get(CHOSEN_TENANT) if person.is_platform_owner else None
    if chosen is None:
        return person.tenant
    with platform():
        tenant = Tenant.objects.filter(id=chosen).first()
    if tenant is None:
        del request.session[CHOSEN_TENANT]
    return tenant or person.tenant
