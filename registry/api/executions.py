"""The doors of the corridor in REST: wire only."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.event_streams import MEDIA_TYPE as EVENT_STREAM
from accounts.api.event_streams import EventStreamNegotiation, EventStreamResponse
from accounts.api.pagination import page, paged
from accounts.api.problems import CONTENT_TYPE
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import StrictSerializer
from accounts.api.views import AsyncTenantView, TenantView
from accounts.caller import Caller
from accounts.errors import Fault, Invalid, Malformed
from accounts.offload import in_database_thread
from accounts.roles import Right
from accounts.tenancy import within
from accounts.tracing import read_traceparent
from registry.api.limit_headers import limit_headers
from registry.api.outcomes import ExecutionSerializer, represent_execution, represent_outcome
from registry.api.streaming import stream
from registry.cancel import cancel_execution
from registry.errors import ExecutionNotFound
from registry.execution.in_time import execute_in_time
from registry.execution.sealed_output import as_told
from registry.execution.types import Mode, Outcome, ToolCall
from registry.models import Execution
from registry.models.execution import UNFINISHED, Status
from registry.shaping.budget import FEWEST_TOKENS, MOST_TOKENS
from registry.shaping.fields import LONGEST_FIELD, MOST_FIELDS, complaint_about
from registry.timeouts import LONGEST_TIMEOUT_MS

LONGEST_END_USER = 200
POLL_SECONDS = 1
"""When to look again at an execution that has not ended."""
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,200}")
# https://www.w3.org/TR/trace-context/#traceparent-header-field-values
LONGEST_TRACEPARENT = 256
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    location=OpenApiParameter.HEADER,
    description="The same key and body replay the stored execution; another body is a 409.",
)


EXECUTED = {
    200: ExecutionSerializer,
    (200, EVENT_STREAM): OpenApiResponse(
        OpenApiTypes.STR,
        description="In mode `stream`: the events `start`, `chunk`, `progress`, and at last `end` or `error`.",
    ),
    202: OpenApiResponse(ExecutionSerializer, description="It has not ended: poll it, or follow its events."),
}


@extend_schema_field(OpenApiTypes.OBJECT)
class InputField(serializers.Field[Any, Any, Any, Any]):
    """An object as it was parsed: the tool's own schema says the rest."""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError("Give an object: the tool's arguments by name.")
        return data


class FieldsField(serializers.ListField):
    """Paths into the answer, each checked."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=LONGEST_FIELD), max_length=MOST_FIELDS, **options)

    def to_internal_value(self, data: Any) -> tuple[str, ...]:  # type: ignore[override]
        fields = super().to_internal_value(data)
        faults: Any = {index: [said] for index, field in enumerate(fields) if (said := complaint_about(field))}
        if faults:
            raise serializers.ValidationError(faults)
        return tuple(fields)


class EndUserField(serializers.CharField):
    """For whom a call is made, where the tool's connector gives end users connections of their own."""

    def __init__(self) -> None:
        super().__init__(
            max_length=LONGEST_END_USER,
            default="",
            help_text="Your name for the end user with whose own connection the call goes out.",
        )


class ShapeSerializer(StrictSerializer):
    """What of the answer is wanted."""

    fields = FieldsField(  # type: ignore[assignment]
        allow_empty=False,
        default=(),
        help_text='Only these of the answer: `["id", "items[*].name"]`. One that is not there is left out.',
    )
    max_tokens = serializers.IntegerField(
        min_value=FEWEST_TOKENS,
        max_value=MOST_TOKENS,
        default=None,
        help_text="The answer is cut to so many tokens, by the estimate; `truncated` says what was left out.",
    )


class CallSerializer(ShapeSerializer):
    """What both doors take."""

    input = InputField(default=dict)
    operation = serializers.CharField(max_length=100, default="")
    timeout_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_TIMEOUT_MS, default=None)
    wait_ms = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_TIMEOUT_MS,
        default=None,
        help_text="A call that has not ended by then goes on, and is told as running with 202.",
    )
    end_user = EndUserField()
    mode = serializers.ChoiceField(
        choices=[mode.value for mode in Mode],
        default=Mode.SYNC.value,
        help_text="`async`: 202 at once, a worker runs it. `stream`: Server-Sent Events while the answer arrives.",
    )


class ExecuteSerializer(CallSerializer):
    version = serializers.CharField(max_length=100, default="")


class ExecutionRequestSerializer(CallSerializer):
    tool = serializers.CharField(max_length=170, help_text="`slug` or `slug@range`, e.g. `crm-find@^1.2`.")
    conversation = serializers.CharField(max_length=200, default="")
    provider = serializers.CharField(max_length=64, default="")


# Made once: building a serializer costs more than all it does for a call.
_EXECUTE = ExecuteSerializer()
_EXECUTION = ExecutionRequestSerializer()


class ExecutionQuery(PageQuery):
    tool = serializers.CharField(max_length=64, required=False)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, help_text="The batch's or composite execution's id: only the calls that it made."
    )
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    connection = serializers.UUIDField(required=False, help_text="The id of the connection that they went out with.")


_FIELDS = {"tool": "tool_slug", "parent": "parent_id", "status": "status", "connection": "connection_id"}


class ExecuteView(AsyncTenantView):
    content_negotiation_class = EventStreamNegotiation
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=ExecuteSerializer, responses=EXECUTED, parameters=[IDEMPOTENCY_KEY])
    async def post(self, request: Request, caller: Caller, slug: str) -> HttpResponseBase:
        """Run a tool. 200 with the execution, or the problem document of why it did not succeed.

        202 with the execution when it has not ended within `wait_ms`, or waits for a person's approval.
        """
        wanted = _EXECUTE.run_validation(request.data)
        call = ToolCall(
            caller=caller,
            tool=slug,
            idempotency_key=idempotency_key(request),
            traceparent=traceparent(request),
            mode=Mode(wanted.pop("mode")),
            **wanted,
        )
        return await respond(call)


class ExecutionsView(AsyncTenantView):
    content_negotiation_class = EventStreamNegotiation
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": ExecutionQuery}

    @extend_schema(responses=paged(ExecutionSerializer))
    async def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's executions, newest first."""
        return await in_database_thread(self._page, request, caller)

    def _page(self, request: Request, caller: Caller) -> Response:
        with within(caller.tenant_id):
            same = {field: self.query[name] for name, field in _FIELDS.items() if name in self.query}
            rows = Execution.objects.filter(**same)
            return page(rows, represent_execution, request=request, view=self)

    @extend_schema(request=ExecutionRequestSerializer, responses=EXECUTED, parameters=[IDEMPOTENCY_KEY])
    async def post(self, request: Request, caller: Caller) -> HttpResponseBase:
        """Run a tool named in the body, with a mode, a conversation and a provider.

        Mode `async` is answered with 202 and the pending execution, which a worker runs.
        """
        fields = _EXECUTION.run_validation(request.data)
        slug, _, version = fields.pop("tool").partition("@")
        call = ToolCall(
            caller=caller,
            tool=slug,
            version=version,
            idempotency_key=idempotency_key(request),
            traceparent=traceparent(request),
            mode=Mode(fields.pop("mode")),
            **fields,
        )
        return await respond(call)


class ExecutionView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ}

    @extend_schema(responses=ExecutionSerializer)
    def get(self, request: Request, caller: Caller, execution_id: UUID) -> Response:
        """One execution, as it stands now."""
        execution = Execution.objects.filter(id=execution_id).first()
        if execution is None:
            raise ExecutionNotFound
        return Response(represent_execution(as_told(execution, caller.agent_id)))


class CancelView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=None, responses={200: ExecutionSerializer, 202: ExecutionSerializer})
    def post(self, request: Request, caller: Caller, execution_id: UUID) -> Response:
        """Call it off. 200 when it waited and is cancelled; 202 when it runs and is being stopped.

        One's own executions, and with the right to call tools all of the tenant. 409 when it has ended.
        """
        execution = Execution.objects.filter(id=execution_id).first()
        if execution is None:
            raise ExecutionNotFound
        execution = cancel_execution(execution=execution, by=caller)
        status = 202 if execution.status in UNFINISHED else 200
        return Response(represent_execution(execution), status=status)


async def respond(call: ToolCall) -> HttpResponseBase:
    """The outcome, or in mode `stream` the answer's parts as they come."""
    if call.mode is not Mode.SYNC and call.wait_ms is not None:
        raise Invalid(faults=[Fault("$.wait_ms", f"Leave it out: mode `{call.mode}` does not wait.")])
    if call.mode is not Mode.STREAM:
        return answer(await execute_in_time(call))
    streamed = await stream(call)
    return streamed if isinstance(streamed, EventStreamResponse) else answer(streamed)


def answer(outcome: Outcome) -> Response:
    """200 with the execution, 202 while it has not ended; the problem document of one that did not succeed."""
    response = _answer(outcome)
    if outcome.limits is not None:
        for name, value in limit_headers(outcome.limits).items():
            response[name] = value
    return response


def _answer(outcome: Outcome) -> Response:
    if outcome.status in UNFINISHED:
        response = Response(represent_outcome(outcome), status=202)
        response["Location"] = f"/api/v1/executions/{outcome.id}/"
        response["Retry-After"] = str(POLL_SECONDS)
        return response
    if outcome.error is None:
        return Response(represent_outcome(outcome))
    document = outcome.error | {"execution_id": str(outcome.id)}
    response = Response(document, status=document["status"], content_type=CONTENT_TYPE)
    if "retry_after" in document:
        response["Retry-After"] = str(max(1, round(document["retry_after"] + 0.5)))
    return response


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    # Django joins what came twice with a comma, which one key may hold, too.
    scope: Mapping[str, Any] = getattr(request._request, "scope", {})
    if [name for name, _ in scope.get("headers", ())].count(b"idempotency-key") > 1:
        raise _unusable_key("Send it once: one key for the one request.")
    if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
        raise _unusable_key("Send 1 to 200 visible ASCII characters without spaces.")
    return key


def _unusable_key(hint: str) -> Malformed:
    return Malformed("The Idempotency-Key cannot be used.", faults=[Fault("Idempotency-Key", hint)])


def traceparent(request: Request) -> str:
    """The header as it came, when it is one."""
    given = request.headers.get("traceparent", "")
    return given if len(given) <= LONGEST_TRACEPARENT and read_traceparent(given) else ""
