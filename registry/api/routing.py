"""`route/{operation}/`: wire only."""

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.errors import Fault, Malformed
from accounts.roles import Right
from registry.api.executions import InputField, ShapeSerializer, answer, traceparent
from registry.api.outcomes import ExecutionSerializer
from registry.facts import LONGEST_SECONDS
from registry.routing import route
from registry.timeouts import LONGEST_TIMEOUT_MS


class RouteSerializer(ShapeSerializer):
    input = InputField(default=dict)
    healthy_within = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_SECONDS,
        default=None,
        help_text="Only tools that were heard of within so many seconds.",
    )
    timeout_ms = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TIMEOUT_MS, default=None, help_text="For all tools that are tried together."
    )


class RouteView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=RouteSerializer, responses=ExecutionSerializer)
    async def post(self, request: Request, caller: Caller, operation: str) -> Response:
        """Run the operation on a healthy tool that offers it, on the next one when that fails.

        `tried` names the tools that failed before. A tool that fell silent and may have acted is the last one tried.
        """
        _refuse_key(request)
        wanted = RouteSerializer.read(request.data)
        values = wanted.pop("input")
        outcome = await route(
            caller=caller, operation=operation, values=values, traceparent=traceparent(request), **wanted
        )
        response = answer(outcome)
        if outcome.error is not None:
            response.data["tried"] = list(outcome.tried)
        return response


def _refuse_key(request: Request) -> None:
    """A key stands for one tool's execution; here the tool may be another one the next time."""
    if "Idempotency-Key" in request.headers:
        hint = "Leave it out here, or call a tool of your choice: `POST /api/v1/tools/{slug}/execute/`."
        raise Malformed("A routed call takes no Idempotency-Key.", faults=[Fault("Idempotency-Key", hint)])
