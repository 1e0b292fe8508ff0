"""The two kinds of API view: `TenantView` manages, `AsyncTenantView` executes. Both authenticate and answer alike."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any, ClassVar, cast

from django.http.response import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.negotiation import JsonNegotiation
from accounts.api.queries import QuerySerializer, read_query
from accounts.authenticate import authenticate, authenticate_all
from accounts.caller import Caller
from accounts.errors import NotFound, QuartermasterError
from accounts.networks import address_behind
from accounts.offload import give_connection_back, in_database_thread
from accounts.roles import Right
from accounts.tenancy import within
from accounts.together import Together


class _ApiView(APIView):
    authentication_classes = []
    content_negotiation_class = JsonNegotiation
    permission_classes = []
    rights: ClassVar[dict[str, Right]] = {}
    """The right each method needs, by its name in lower case. A method without one is not served."""
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {}
    """The query parameters each method takes. A method without any refuses them all."""
    query: dict[str, Any]
    """This request's query parameters, read; those left out are missing."""

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            # DRF takes a body whose length was not told for none; that it is not 0 is all that it looks at.
            request.META["CONTENT_LENGTH"] = "-1"
        drf_request = super().initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        self.args, self.kwargs, self.request = args, kwargs, drf_request
        return drf_request

    def handler(self, request: Request, caller: Caller) -> Any:
        """The method to run for this request. Raises MethodNotAllowed, Forbidden, or Invalid on a query parameter."""
        name = (request.method or "").lower()
        name = "get" if name == "head" else name
        right = self.rights.get(name)
        if right is None:
            raise MethodNotAllowed(request.method or "")
        caller.require(right)
        self.query = read_query(request.query_params, self.queries.get(name, QuerySerializer))
        return getattr(self, name)

    @property
    def allowed_methods(self) -> list[str]:
        return sorted(name.upper() for name in self.rights)


class TenantView(_ApiView):
    """A management view: one transaction in the caller's tenant, undone by any error."""

    asks_outside: ClassVar[frozenset[str]] = frozenset()
    """Methods whose verbs ask a service outside, and open scopes of their own before and after: no transaction waits
    for the service."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        drf_request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(drf_request, *args, **kwargs)
            caller = authenticate(*_shown(drf_request))
            handler = self.handler(drf_request, caller)
            with nullcontext() if handler.__name__ in self.asks_outside else within(caller.tenant_id):
                response: Response = handler(drf_request, caller, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  the outermost place: every error becomes a problem document
            response = self.handle_exception(error)
        finally:
            give_connection_back()  # this request's thread ends with it, and nobody else would
        return self.finalize_response(drf_request, response, *args, **kwargs)


class AsyncTenantView(_ApiView):
    """A view of the corridor: asynchronous, and outside any transaction while the upstream answers."""

    view_is_async = True

    async def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        drf_request = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(drf_request, *args, **kwargs)
            caller = await _authenticate_together(_shown(drf_request))
            handler = self.handler(drf_request, caller)
            response: Response = await handler(drf_request, caller, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  the outermost place: every error becomes a problem document
            response = self.handle_exception(error)
        return _rendered(self.finalize_response(drf_request, response, *args, **kwargs))


def _shown(request: Request) -> tuple[str, str]:
    """The header that says who it is, and where it comes from."""
    return request.META.get("HTTP_AUTHORIZATION", ""), address_behind(request.META)


async def _authenticate(shown: Sequence[tuple[str, str]]) -> Sequence[Caller | QuartermasterError]:
    return await in_database_thread(authenticate_all, shown)


_authenticate_together: Together[tuple[str, str], Caller] = Together(_authenticate, most=200, at_once=2)


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    """The response as plain bytes: Django would send an unrendered one through a thread and back."""
    if isinstance(response, StreamingHttpResponse):
        return response
    rendered = cast(Response, response).render()
    return HttpResponse(rendered.content, status=rendered.status_code, headers=rendered.headers)


class UnknownAddressView(APIView):
    """Whatever is below /api/ and is no address: a problem document, for every method and without a key."""

    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        drf_request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        hint = "" if request.path.endswith("/") else " Every API path ends in `/`."
        response = self.handle_exception(NotFound(f"There is no such address.{hint} See /api/docs/."))
        return self.finalize_response(drf_request, response, *args, **kwargs)
