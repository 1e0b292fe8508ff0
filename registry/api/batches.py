"""`executions/batch/`: wire only."""

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.problems import problem
from accounts.api.serializers import StrictSerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.errors import Fault, Invalid
from accounts.roles import Right
from registry.api.executions import IDEMPOTENCY_KEY, EndUserField, ShapeSerializer, idempotency_key, traceparent
from registry.api.outcomes import ExecutionSerializer, represent_outcome
from registry.batches.execute import BatchOutcome, Order, execute_batch
from registry.batches.reading import LONGEST_OPERATION, LONGEST_SPEC, read_calls
from registry.batches.types import ABORTED, SKIPPED, CallEnd, OnError, Plan
from registry.execution.types import Outcome
from registry.models.execution import Status
from registry.timeouts import LONGEST_TIMEOUT_MS


class BatchCallSerializer(ShapeSerializer):
    """For the schema: `registry/batches/reading.py` reads a call, because a batch may hold a hundred."""

    id = serializers.CharField(max_length=64, help_text="Letters, digits, `_`, `.` and `-`; unique in the batch.")
    tool = serializers.CharField(max_length=LONGEST_SPEC, help_text="`slug` or `slug@range`.")
    input = serializers.DictField(
        required=False,
        help_text='Anywhere in it `{"$from": "<call id>", "path": "$.json.path"}` stands for what that call gives.',
    )
    operation = serializers.CharField(max_length=LONGEST_OPERATION, required=False)
    timeout_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_TIMEOUT_MS, required=False)
    depends_on = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Calls that have to succeed before."
    )


@extend_schema_field(BatchCallSerializer(many=True))
class CallsField(serializers.Field[Any, Any, Any, Any]):
    def to_internal_value(self, data: Any) -> Any:
        return data


class ExecuteBatchSerializer(StrictSerializer):
    calls = CallsField()
    max_parallel = serializers.IntegerField(min_value=1, default=None)
    on_error = serializers.ChoiceField(
        choices=[each.value for each in OnError],
        default=OnError.CONTINUE.value,
        help_text="`abort`: nothing new starts after a failure; what runs already ends.",
    )
    timeout_ms = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TIMEOUT_MS, default=LONGEST_TIMEOUT_MS, help_text="For all calls together."
    )
    end_user = EndUserField()
    conversation = serializers.CharField(max_length=200, default="")
    provider = serializers.CharField(max_length=64, default="")


_REQUEST = ExecuteBatchSerializer()


class CallOutcomeSerializer(ExecutionSerializer):
    """An execution under its call's id, or why there is none."""

    id = serializers.CharField(help_text="The call's.")  # type: ignore[assignment]
    execution_id = serializers.UUIDField(allow_null=True, help_text="Null for a call that was not made.")
    status = serializers.ChoiceField(choices=[*Status.values, SKIPPED, ABORTED])


class CallsOutcomeSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="The `parent_id` of the executions.")
    outcomes = CallOutcomeSerializer(many=True)


class ExecuteBatchView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}

    @extend_schema(request=ExecuteBatchSerializer, responses=CallsOutcomeSerializer, parameters=[IDEMPOTENCY_KEY])
    async def post(self, request: Request, caller: Caller) -> Response:
        """Run many calls: independent ones side by side, dependent ones in order. An outcome for each.

        200 whatever becomes of them. `skipped`: what it needs is not there; `aborted`: the batch was over before.
        """
        wanted = _REQUEST.run_validation(request.data)
        order = Order(
            caller=caller,
            plan=_plan(wanted.pop("calls"), wanted.pop("max_parallel"), wanted.pop("on_error")),
            body=request.data,
            idempotency_key=idempotency_key(request),
            traceparent=traceparent(request),
            **wanted,
        )
        return Response(_represent(await execute_batch(order)))


def _plan(calls: Any, max_parallel: int | None, on_error: str) -> Plan:
    reading = read_calls(calls, "$.calls", most=settings.BATCH_MAX_CALLS, is_told=True)
    faults = reading.faults
    if max_parallel is not None and max_parallel > settings.BATCH_MAX_PARALLEL:
        sentence = f"At most {settings.BATCH_MAX_PARALLEL} calls may run at once. Give a smaller number."
        faults = [*faults, Fault("$.max_parallel", sentence)]
    if faults:
        raise Invalid("The batch cannot be run like this, and nothing of it was. See `errors`.", faults=faults)
    return Plan(reading.calls, max_parallel or settings.BATCH_PARALLEL, OnError(on_error))


def _represent(outcome: BatchOutcome) -> dict[str, Any]:
    return {"id": outcome.id, "outcomes": [_represent_end(end) for end in outcome.ends]}


def _represent_end(end: CallEnd) -> dict[str, Any]:
    if isinstance(end.execution, Outcome):
        return {**represent_outcome(end.execution), "id": end.call.id, "execution_id": end.execution.id}
    return {
        "id": end.call.id,
        "execution_id": None,
        "tool": end.call.tool,
        "status": end.status,
        "output": None,
        "error": problem(end.error) if end.error else None,
    }
