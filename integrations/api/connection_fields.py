"""A connection on the wire: what is sent to make and change one, and how one is shown. No secret comes out."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework import serializers

from accounts.api.serializers import StrictSerializer
from accounts.errors import NotFound
from integrations.api.texts import TextsField
from integrations.connections.entered import LONGEST_VALUE
from integrations.connections.rotate import LONGEST_OVERLAP_SECONDS, OVERLAP_SECONDS
from integrations.models import Connection, Credential
from integrations.models.connection import ConnectionState
from integrations.models.credential import CredentialState


def entered_texts(**options: Any) -> TextsField:
    return TextsField(longest=LONGEST_VALUE, default=dict, **options)


class EnteredSerializer(StrictSerializer):
    """What proves who calls."""

    values = entered_texts(
        write_only=True, help_text="By the fields of the connector's way. Secrets are never shown again."
    )
    check = serializers.BooleanField(
        default=True, help_text="False: the service is not asked first whether it takes this."
    )


class NewConnectionSerializer(EnteredSerializer):
    connector = serializers.CharField(max_length=64, help_text="Its slug.")
    auth = serializers.CharField(max_length=64, help_text="One of the connector's ways.")
    variables = entered_texts(help_text="Parts of its address, such as a subdomain.")
    name = serializers.CharField(max_length=200, default="", help_text="Left out: the connector's.")
    slug = serializers.CharField(max_length=64, default="", help_text="Left out: the connector's, or a free one.")
    end_user = serializers.CharField(
        max_length=200, default="", help_text="Your name for the end user whose account it is; left out: the tenant's."
    )
    is_default = serializers.BooleanField(default=False, help_text="For tools of its connector that name none.")


class ConnectionChangesSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    is_default = serializers.BooleanField(required=False, help_text="True takes it from the one that is.")


class NewCredentialSerializer(EnteredSerializer):
    overlap_seconds = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_OVERLAP_SECONDS,
        default=OVERLAP_SECONDS,
        help_text="How long the old credential can be taken back.",
    )


class ConnectionSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    connector = serializers.CharField()
    auth = serializers.CharField()
    end_user = serializers.CharField(help_text="Empty: the tenant's own.")
    account = serializers.CharField(help_text="What the service calls it.")
    variables = serializers.DictField(child=serializers.CharField())
    scopes = serializers.ListField(child=serializers.CharField(), help_text="What was granted, as far as it is known.")
    is_default = serializers.BooleanField()
    state = serializers.ChoiceField(choices=ConnectionState.choices)
    reason = serializers.CharField(help_text="Why it is in that state, in the service's words.")
    checked_at = serializers.DateTimeField(allow_null=True)
    token_expires_at = serializers.DateTimeField(
        allow_null=True, help_text="Null: there is none, or it does not expire."
    )
    refreshed_at = serializers.DateTimeField(allow_null=True)
    take_back_until = serializers.DateTimeField(
        allow_null=True, help_text="How long the credential before the last rotation is kept; null: there is none."
    )
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def connections() -> QuerySet[Connection]:
    """With what is told of their credentials. Nothing sealed is read."""
    told = Prefetch("credentials", Credential.objects.defer("secret", "token"))
    return Connection.objects.all().prefetch_related(told)


def find_connection(slug: str) -> Connection:
    """A living one, inside the tenant's scope. Raises NotFound."""
    found = connections().exclude(state=ConnectionState.DISCONNECTED).filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such connection. `GET /api/v1/connections/` lists those that there are.")
    return found


def represent_connection(connection: Connection) -> dict[str, Any]:
    by_state = {credential.state: credential for credential in connection.credentials.all()}
    current, previous = by_state.get(CredentialState.CURRENT), by_state.get(CredentialState.PREVIOUS)
    return {
        "id": connection.id,
        "slug": connection.slug,
        "name": connection.name,
        "connector": connection.connector,
        "auth": connection.auth,
        "end_user": connection.end_user,
        "account": connection.account,
        "variables": connection.variables,
        "scopes": connection.scopes,
        "is_default": connection.is_default,
        "state": connection.state,
        "reason": connection.reason,
        "checked_at": connection.checked_at,
        "token_expires_at": current.expires_at if current else None,
        "refreshed_at": current.refreshed_at if current else None,
        "take_back_until": previous.valid_until if previous else None,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
    }
