"""An asynchronous view authenticates and answers like the others, and holds no connection while it waits."""

from typing import ClassVar

import pytest
from django.db import connection
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.queries import QuerySerializer
from accounts.api.views import AsyncTenantView, UnknownAddressView
from accounts.caller import Caller
from accounts.errors import Conflict
from accounts.models import Agent
from accounts.offload import in_database_thread
from accounts.roles import Right
from accounts.tenancy import within
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import AsyncApi

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.urls("tests.accounts.api.test_views")]


class LoudQuery(QuerySerializer):
    loud = serializers.BooleanField(default=False)


class EchoView(AsyncTenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CATALOGUE, "delete": Right.OWNERS}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": LoudQuery}

    async def get(self, request: Request, caller: Caller) -> Response:
        return Response({"caller": caller.actor, "loud": self.query["loud"]})

    async def post(self, request: Request, caller: Caller) -> Response:
        if "conflict" in request.data:
            raise Conflict("It is taken.")
        slugs, held = await in_database_thread(self._slugs, caller)
        return Response({"sent": request.data, "slugs": slugs, "held": held})

    def _slugs(self, caller: Caller) -> tuple[list[str], bool]:
        with within(caller.tenant_id):
            return [agent.slug for agent in Agent.objects.all()], connection.in_atomic_block


urlpatterns = [path("api/v1/echo/", EchoView.as_view()), path("api/v1/nothing/", UnknownAddressView.as_view())]


async def test_it_knows_its_caller_and_its_query(async_api: AsyncApi, scout: Agent) -> None:
    answer = await async_api.get("echo/", {"loud": "true"})
    assert (answer.status_code, answer.json()) == (200, {"caller": f"agent:{scout.id}", "loud": True})
    assert (await async_api.get("echo/")).json()["loud"] is False


async def test_it_sees_the_callers_rows_in_a_thread(async_api: AsyncApi, scout: Agent, spy: Agent) -> None:
    answer = await async_api.post("echo/", {"say": "hello"})
    assert answer.json() == {"sent": {"say": "hello"}, "slugs": ["scout"], "held": True}


async def test_it_answers_with_problems(async_api: AsyncApi) -> None:
    assert refusal(await async_api.post("echo/", {"conflict": 1})) == (409, "conflict", {})
    assert refusal(await async_api.post("echo/", b"{")) == (400, "malformed_request", {})
    assert refusal(await async_api.as_(None).get("echo/")) == (401, "unauthenticated", {})
    assert refused_fields(await async_api.get("echo/", {"colour": "red"})) == ["colour"]
    assert refusal(await async_api.post("nothing/", {})) == (404, "not_found", {})


async def test_it_asks_for_a_right(async_api: AsyncApi, scout: Agent) -> None:
    headers = {"Authorization": f"Bearer {async_api.key}"}
    answer = await async_api.client.delete("/api/v1/echo/", headers=headers)
    assert refusal(answer) == (403, "forbidden", {})
