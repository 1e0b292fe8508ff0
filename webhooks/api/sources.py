"""`webhook-sources/`: wire only."""

from collections.abc import Callable
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import page, paged
from accounts.api.queries import PageQuery, QuerySerializer
from accounts.api.serializers import NothingSerializer
from accounts.api.views import TenantView
from accounts.caller import Caller
from accounts.roles import Right
from webhooks.api.source_fields import (
    NewSecretSerializer,
    NewSourceSerializer,
    RetirementSerializer,
    RevealedSecretSerializer,
    SecretSerializer,
    SourceChangesSerializer,
    SourceSerializer,
    represent_secret,
    represent_source,
    sources,
)
from webhooks.models import WebhookSource
from webhooks.models.source import SourceState
from webhooks.sources.change import change_source
from webhooks.sources.create import create_source
from webhooks.sources.find import find_source
from webhooks.sources.remove import remove_source
from webhooks.sources.secrets import add_secret, retire_secret, reveal_secret
from webhooks.sources.state import disable, pause, resume
from webhooks.sources.token import rotate_token


class SourcesQuery(PageQuery):
    scheme = serializers.CharField(max_length=64, required=False)
    state = serializers.ChoiceField(choices=SourceState.choices, required=False)


class SourcesView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "post": Right.CREDENTIALS}
    queries: ClassVar[dict[str, type[QuerySerializer]]] = {"get": SourcesQuery}

    @extend_schema(responses=paged(SourceSerializer))
    def get(self, request: Request, caller: Caller) -> Response:
        """The tenant's sources, newest first."""
        same = {name: self.query[name] for name in ("scheme", "state") if name in self.query}
        rows = sources().filter(**same)
        return page(rows, lambda source: represent_source(source, request, caller), request=request, view=self)

    @extend_schema(request=NewSourceSerializer, responses={201: SourceSerializer})
    def post(self, request: Request, caller: Caller) -> Response:
        """Make a source. Without a secret it refuses whatever comes, unless it is declared `unsigned`."""
        wanted = NewSourceSerializer.read(request.data)
        made = create_source(tenant_id=caller.tenant_id, by=caller, **wanted)
        return shown(made, request, caller, status=201)


class SourceView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"get": Right.READ, "patch": Right.CREDENTIALS, "delete": Right.CREDENTIALS}

    @extend_schema(responses=SourceSerializer)
    def get(self, request: Request, caller: Caller, slug: str) -> Response:
        """One source, with its address and the steps to set it up."""
        return shown(find_source(slug), request, caller)

    @extend_schema(request=SourceChangesSerializer, responses=SourceSerializer)
    def patch(self, request: Request, caller: Caller, slug: str) -> Response:
        """Change a source, from the next request on. Of `settings`, those that are named."""
        changes = SourceChangesSerializer.read(request.data)
        return shown(change_source(source=find_source(slug), by=caller, changes=changes), request, caller)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, caller: Caller, slug: str) -> Response:
        """Remove a source: its address is nobody's any more, and its secrets are destroyed. Its events stay."""
        remove_source(source=find_source(slug), by=caller)
        return Response(status=204)


class PauseView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=SourceSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Take and keep what comes, and route nothing until it is resumed."""
        return _done(pause, slug, request, caller)


class ResumeView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=SourceSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Take and route events again, also those that came while it was paused."""
        return _done(resume, slug, request, caller)


class DisableView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=SourceSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Refuse what comes, in a way that makes the platform try again later."""
        return _done(disable, slug, request, caller)


class RotateTokenView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=SourceSerializer)
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Give it a new address. The old one is nobody's from now on."""
        return _done(rotate_token, slug, request, caller)


class SecretsView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NewSecretSerializer, responses={201: SecretSerializer})
    def post(self, request: Request, caller: Caller, slug: str) -> Response:
        """Add a secret. Those that there are go on signing, until they are retired."""
        wanted = NewSecretSerializer.read(request.data)
        return Response(represent_secret(add_secret(source=find_source(slug), by=caller, **wanted)), status=201)


class RetireSecretView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=RetirementSerializer, responses=SourceSerializer)
    def post(self, request: Request, caller: Caller, slug: str, secret_id: UUID) -> Response:
        """Let a secret sign for some hours yet, or no more."""
        wanted = RetirementSerializer.read(request.data)
        source = find_source(slug)
        retire_secret(source=source, by=caller, secret_id=secret_id, **wanted)
        return shown(source, request, caller)


class RevealSecretView(TenantView):
    rights: ClassVar[dict[str, Right]] = {"post": Right.CREDENTIALS}

    @extend_schema(request=NothingSerializer, responses=RevealedSecretSerializer)
    def post(self, request: Request, caller: Caller, slug: str, secret_id: UUID) -> Response:
        """Show a secret that the platform delivered, to be entered there. It is written down who looked."""
        NothingSerializer.read(request.data)
        return Response({"secret": reveal_secret(source=find_source(slug), by=caller, secret_id=secret_id)})


def shown(source: WebhookSource, request: Request, caller: Caller, *, status: int = 200) -> Response:
    """The source as it is now."""
    return Response(represent_source(sources().get(id=source.id), request, caller), status=status)


def _done(verb: Callable[..., WebhookSource], slug: str, request: Request, caller: Caller) -> Response:
    NothingSerializer.read(request.data)
    return shown(verb(source=find_source(slug), by=caller), request, caller)
