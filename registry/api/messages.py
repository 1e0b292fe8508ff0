"""`executions/anthropic/` and `executions/openai/`: wire only."""

from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.queries import QuerySerializer
from accounts.api.views import AsyncTenantView
from accounts.caller import Caller
from accounts.roles import Right
from registry.api.executions import IDEMPOTENCY_KEY, EndUserField, idempotency_key, traceparent
from registry.messages.anthropic import read_message, write_message
from registry.messages.asked import Answered, Terms, run_asked
from registry.messages.openai import read_answer
from registry.shaping.budget import FEWEST_TOKENS, MOST_TOKENS
from registry.timeouts import LONGEST_TIMEOUT_MS

BATCH_HEADER = "Batch-Id"


class TermsQuery(QuerySerializer):
    """The body is the provider's, so what is ours stands in the address."""

    end_user = EndUserField()
    conversation = serializers.CharField(max_length=200, default="")
    provider = serializers.CharField(max_length=64, default="", help_text="The agent's own, or else the door's.")
    timeout_ms = serializers.IntegerField(
        min_value=1, max_value=LONGEST_TIMEOUT_MS, default=LONGEST_TIMEOUT_MS, help_text="For all calls together."
    )
    max_parallel = serializers.IntegerField(min_value=1, default=None, help_text="How many calls may run at once.")
    max_tokens = serializers.IntegerField(
        min_value=FEWEST_TOKENS, max_value=MOST_TOKENS, default=None, help_text="The most that each result may take."
    )


class AnthropicView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"post": TermsQuery}

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=OpenApiResponse(OpenApiTypes.OBJECT, "The user message, with a `tool_result` for every `tool_use`."),
        parameters=[IDEMPOTENCY_KEY],
    )
    async def post(self, request: Request, caller: Caller) -> Response:
        """Run the `tool_use` blocks of an Anthropic message side by side. Answers with the user message to send back.

        Takes the assistant message, or the whole answer of the Messages API, as it is.
        """
        asked = read_message(request.data)
        answered = await run_asked(asked, _terms(self.query, request, caller, "anthropic"))
        return _response(write_message(request.data, asked, answered.results), answered)


class OpenAiView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.READ}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"post": TermsQuery}

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses=OpenApiResponse(
            OpenApiTypes.OBJECT, "`messages` to append (Chat Completions), or `input` to send (Responses)."
        ),
        parameters=[IDEMPOTENCY_KEY],
    )
    async def post(self, request: Request, caller: Caller) -> Response:
        """Run the calls of an OpenAI model side by side. Answers with what is to be sent back.

        Takes an assistant message of Chat Completions, items of Responses, or the whole answer of either, as it is.
        """
        questions = read_answer(request.data)
        answered = await run_asked(questions.asked, _terms(self.query, request, caller, "openai"))
        return _response(questions.answer(answered.results), answered)


def _terms(query: dict[str, Any], request: Request, caller: Caller, provider: str) -> Terms:
    return Terms(
        caller=caller,
        provider=query["provider"] or caller.provider or provider,
        idempotency_key=idempotency_key(request),
        end_user=query["end_user"],
        conversation=query["conversation"],
        traceparent=traceparent(request),
        timeout_ms=query["timeout_ms"],
        max_parallel=query["max_parallel"],
        max_tokens=query["max_tokens"],
    )


def _response(body: dict[str, Any], answered: Answered) -> Response:
    response = Response(body)
    if answered.batch_id is not None:
        response[BATCH_HEADER] = str(answered.batch_id)
    return response
