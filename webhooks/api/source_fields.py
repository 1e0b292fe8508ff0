"""A source on the wire: what is sent to make and change one, and how one is shown. No secret comes out."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from accounts.api.serializers import NetworksField, RateLimitSerializer, StrictSerializer
from accounts.caller import Caller
from accounts.models.tenant import slug_validator
from accounts.roles import Right
from integrations.api.addresses import absolute
from integrations.api.texts import TextsField
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.models.source import SourceState
from webhooks.signatures.filling import LONGEST_SETTING
from webhooks.signatures.shelf import scheme_named
from webhooks.sources.address import path_of, token_of
from webhooks.sources.facts import LONGEST_RETENTION_DAYS, SMALLEST_BODY_BYTES, settings_of
from webhooks.sources.secrets import LONGEST_OVERLAP_HOURS, LONGEST_SECRET

_PLACE = "Instead of where the scheme says: `header:X-Id`, `query:id`, `form:id`, or JMESPath into a JSON body."
_SHOWN = (
    *("id", "slug", "name", "scheme", "settings", "unsigned", "state", "public_url", "max_body_bytes", "rate_limit"),
    *("allowed_networks", "event_id_at", "event_type_at", "retention_days", "last_event_at"),
    *("created_at", "updated_at"),
)


class _SourceFields(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    settings = TextsField(
        longest=LONGEST_SETTING, required=False, help_text="What its scheme needs to know; an empty one is taken away."
    )
    unsigned = serializers.BooleanField(required=False, help_text="True: anybody who has the address may post to it.")
    public_url = serializers.CharField(
        max_length=2000,
        allow_blank=True,
        required=False,
        help_text="Its address as the platform knows it, where that is another one.",
    )
    max_body_bytes = serializers.IntegerField(min_value=SMALLEST_BODY_BYTES, required=False)
    rate_limit = RateLimitSerializer(allow_null=True, required=False)
    allowed_networks = NetworksField(required=False, help_text="Where it may come from; empty: anywhere.")
    event_id_at = serializers.CharField(max_length=500, allow_blank=True, required=False, help_text=_PLACE)
    event_type_at = serializers.CharField(max_length=500, allow_blank=True, required=False, help_text=_PLACE)
    retention_days = serializers.IntegerField(
        min_value=1, max_value=LONGEST_RETENTION_DAYS, required=False, help_text="How long what came is kept whole."
    )


class NewSourceSerializer(_SourceFields):
    slug = serializers.CharField(max_length=64, validators=[slug_validator])
    scheme = serializers.CharField(max_length=64, help_text="One of `webhook-schemes/`.")
    secret = serializers.CharField(
        max_length=LONGEST_SECRET,
        allow_blank=True,
        trim_whitespace=False,
        required=False,
        write_only=True,
        help_text="Left out: it is added when the platform tells it, and until then all is refused.",
    )


class SourceChangesSerializer(_SourceFields):
    scheme = serializers.CharField(max_length=64, required=False)


class NewSecretSerializer(StrictSerializer):
    secret = serializers.CharField(max_length=LONGEST_SECRET, trim_whitespace=False, write_only=True)


class RetirementSerializer(StrictSerializer):
    after_hours = serializers.IntegerField(
        min_value=0, max_value=LONGEST_OVERLAP_HOURS, default=0, help_text="How long it may sign yet; 0: no more."
    )


class SecretSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    valid_until = serializers.DateTimeField(allow_null=True, help_text="Null: until it is retired.")
    created_at = serializers.DateTimeField()


class RevealedSecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField()


class SourceSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    scheme = serializers.CharField()
    settings = serializers.DictField(child=serializers.CharField(), help_text="Without those that are secret.")
    secret_settings = serializers.ListField(child=serializers.CharField(), help_text="Those, by their names.")
    unsigned = serializers.BooleanField()
    ready = serializers.BooleanField(help_text="False: it has no secret yet, and refuses whatever comes.")
    state = serializers.ChoiceField(choices=SourceState.choices)
    url = serializers.CharField(
        allow_null=True, help_text="What the platform posts to; null for who has no right `credentials`."
    )
    setup = serializers.ListField(child=serializers.CharField(), help_text="What to do at the platform, step by step.")
    public_url = serializers.CharField(help_text="Empty, too, for who has no right `credentials`.")
    secrets = SecretSerializer(many=True)
    max_body_bytes = serializers.IntegerField()
    rate_limit = RateLimitSerializer(allow_null=True)
    allowed_networks = serializers.ListField(child=serializers.CharField())
    event_id_at = serializers.CharField()
    event_type_at = serializers.CharField()
    retention_days = serializers.IntegerField()
    last_event_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def sources() -> QuerySet[WebhookSource]:
    """With what is told of their secrets."""
    told = Prefetch("secrets", WebhookSecret.objects.defer("sealed"))
    return WebhookSource.objects.living().prefetch_related(told)


def represent_source(source: WebhookSource, request: Request, caller: Caller) -> dict[str, Any]:
    """Its address is told to who may also change it: whoever has it can post."""
    may_know = caller.may(Right.CREDENTIALS)
    url = _url(source, request) if may_know else None
    secrets = [secret for secret in source.secrets.all() if _is_active(secret)]
    return {
        **{name: getattr(source, name) for name in _SHOWN},
        "public_url": source.public_url if may_know else "",
        "secret_settings": sorted(settings_of(source).keys() - source.settings.keys()),
        "ready": source.unsigned or bool(secrets) or not _needs_secret(source),
        "url": url,
        "setup": setup_of(source, url or "the source's address"),
        "secrets": [represent_secret(secret) for secret in secrets],
    }


def represent_secret(secret: WebhookSecret) -> dict[str, Any]:
    return {"id": secret.id, "valid_until": secret.valid_until, "created_at": secret.created_at}


def setup_of(source: WebhookSource, url: str) -> list[str]:
    scheme = scheme_named(source.scheme)
    return [step.replace("{url}", url) for step in scheme.setup] if scheme else []


def _url(source: WebhookSource, request: Request) -> str:
    return source.public_url or absolute(request, path_of(token_of(source)))


def _is_active(secret: WebhookSecret) -> bool:
    return secret.valid_until is None or secret.valid_until > timezone.now()


def _needs_secret(source: WebhookSource) -> bool:
    scheme = scheme_named(source.scheme)
    return scheme is None or scheme.secret is not None
