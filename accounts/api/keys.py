"""`keys/` and `agents/{slug}/keys/`: wire only. A key itself is in the answer that makes it, and nowhere else."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.agents import find_agent
from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NetworksField, NothingSerializer, StrictSerializer, TimeField
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.errors import Fault, Invalid, NotFound
from accounts.keys import IssuedKey, change_key, issue_key, revoke_key, rotate_key
from accounts.models import Agent, ApiKey
from accounts.roles import Right

LONGEST_OVERLAP_SECONDS = 30 * 24 * 3600
USUAL_OVERLAP_SECONDS = 24 * 3600


class KeySerializer(serializers.Serializer[ApiKey]):
    id = serializers.UUIDField()
    agent = serializers.CharField(source="agent.slug")
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="The key's first letters, to tell keys apart.")
    expires_at = serializers.DateTimeField(allow_null=True)
    allowed_networks = serializers.ListField(child=serializers.CharField())
    revoked_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    rotated_from = serializers.UUIDField(source="rotated_from_id", allow_null=True)
    created_at = serializers.DateTimeField()


class IssuedKeySerializer(KeySerializer):
    key = serializers.CharField(help_text="Shown this once, and kept nowhere.")


class AgentKeySerializer(StrictSerializer):
    name = serializers.CharField(max_length=100)
    expires_at = TimeField(required=False, allow_null=True, help_text="Left out: never.")
    allowed_networks = NetworksField(required=False, help_text="Where it may be used; left out: anywhere.")


class KeyChangesSerializer(StrictSerializer):
    allowed_networks = NetworksField(required=False, help_text="Where it may be used; empty: anywhere.")


class NewKeySerializer(AgentKeySerializer):
    agent = serializers.CharField(max_length=64, help_text="The agent's slug.")


class RotationSerializer(StrictSerializer):
    overlap_seconds = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_SECONDS,
        default=USUAL_OVERLAP_SECONDS,
        help_text="How long the old key works beside the new one.",
    )


class KeyQuery(PageQuery):
    agent = serializers.CharField(max_length=64, required=False, help_text="An agent's slug.")


class KeysView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": KeyQuery}

    @extend_schema(responses=paged(KeySerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's keys, newest first, without the keys themselves."""
        rows = ApiKey.objects.all()
        if "agent" in self.query:
            rows = rows.filter(agent__slug=self.query["agent"])
        return _page(rows, request, self)

    @extend_schema(request=NewKeySerializer, responses={201: IssuedKeySerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Issue a key for an agent."""
        wanted = NewKeySerializer.read(request.data)
        agent = Agent.objects.filter(slug=wanted.pop("agent")).first()
        if agent is None:
            raise Invalid(faults=[Fault("$.agent", "There is no agent with this slug.")])
        return _answer(issue_key(agent=agent, by=caller, **wanted))


class AgentKeysView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "post": Right.PEOPLE}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": PageQuery}

    @extend_schema(responses=paged(KeySerializer))
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One agent's keys, newest first, without the keys themselves."""
        return _page(ApiKey.objects.filter(agent=find_agent(slug)), request, self)

    @extend_schema(request=AgentKeySerializer, responses={201: IssuedKeySerializer})
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Issue a key for this agent."""
        wanted = AgentKeySerializer.read(request.data)
        return _answer(issue_key(agent=find_agent(slug), by=caller, **wanted))


class KeyView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.PEOPLE, "patch": Right.PEOPLE}

    @extend_schema(responses=KeySerializer)
    def get(self, request: Request, caller: Caller, key_id: UUID) -> Response:
        """One key, without the key itself."""
        return Response(represent_key(_find(key_id)))

    @extend_schema(request=KeyChangesSerializer, responses=KeySerializer)
    def patch(self, request: Request, caller: Caller, key_id: UUID) -> Response:
        """Set the networks in which a key may be used, from the next call on."""
        changes = KeyChangesSerializer.read(request.data)
        return Response(represent_key(change_key(key=_find(key_id), by=caller, changes=changes)))


class RotateKeyView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.PEOPLE}

    @extend_schema(request=RotationSerializer, responses={201: IssuedKeySerializer})
    def post(self, request: Request, caller: Caller, key_id: UUID) -> Response:
        """Issue a key's successor; the old one works on for the overlap."""
        overlap = timedelta(seconds=RotationSerializer.read(request.data)["overlap_seconds"])
        return _answer(rotate_key(key=_find(key_id), overlap=overlap, by=caller))


class RevokeKeyView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.PEOPLE}

    @extend_schema(request=NothingSerializer, responses=KeySerializer)
    def post(self, request: Request, caller: Caller, key_id: UUID) -> Response:
        """Close a key for good, from the next call on."""
        NothingSerializer.read(request.data)
        return Response(represent_key(revoke_key(key=_find(key_id), by=caller)))


def represent_key(key: ApiKey) -> dict[str, Any]:
    return KeySerializer(key).data


def _page(rows: QuerySet[ApiKey], request: Request, view: TenantView) -> Response:
    return page(rows.select_related("agent"), represent_key, request=request, view=view)


def _answer(issued: IssuedKey) -> Response:
    answer = represent_key(issued.key) | {"key": issued.secret}
    return Response(answer, status=201, headers={"Cache-Control": "no-store"})


def _find(key_id: UUID) -> ApiKey:
    key = ApiKey.objects.select_related("agent").filter(id=key_id).first()
    if key is None:
        raise NotFound("There is no such key. `GET /api/v1/keys/` lists those that there are.")
    return key
