"""A tool on the wire: what is sent to register and change one, and how one is shown."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.api.serializers import ConcurrencySerializer, QuotaSerializer, RateLimitSerializer, StrictSerializer
from accounts.models.tenant import LONGEST_ARTIFACT_SECONDS, SHORTEST_ARTIFACT_SECONDS, slug_validator
from integrations.mapping import LONGEST_MAPPING
from registry.catalogue import Entry
from registry.connections import connector_of
from registry.facts import (
    LARGEST_INPUT_BYTES,
    LARGEST_OUTPUT_BYTES,
    LARGEST_THRESHOLD_BYTES,
    LONGEST_SECONDS,
    LONGEST_TEXT,
    VERSION_FACTS,
)
from registry.models import ToolVersion
from registry.models.health import HealthStatus
from registry.models.tool import NodeType, Source
from registry.models.version import VersionState
from registry.retries import LONGEST_BACKOFF_MS, MOST_ATTEMPTS, MOST_STATUSES
from registry.shaping.budget import FEWEST_TOKENS, MOST_TOKENS
from registry.timeouts import LONGEST_TIMEOUT_MS
from registry.transports import TRANSPORTS


class RetriesSerializer(StrictSerializer):
    """How often a call is tried, where a second try is safe."""

    attempts = serializers.IntegerField(min_value=1, max_value=MOST_ATTEMPTS, required=False)
    first_backoff_ms = serializers.IntegerField(
        min_value=1, max_value=LONGEST_BACKOFF_MS, required=False, help_text="The first pause is random below this."
    )
    max_backoff_ms = serializers.IntegerField(
        min_value=1, max_value=LONGEST_BACKOFF_MS, required=False, help_text="No pause is longer."
    )
    on_status = serializers.ListField(
        child=serializers.IntegerField(min_value=400, max_value=599),
        max_length=MOST_STATUSES,
        required=False,
        help_text="Answers worth another attempt; left out: 408, 425, 429 and all from 500 on.",
    )


class BreakerSettingsSerializer(StrictSerializer):
    """When the tool's circuit opens; what is left out is as usual."""

    window_seconds = serializers.IntegerField(min_value=1, max_value=3600, required=False)
    minimum_calls = serializers.IntegerField(min_value=1, max_value=10_000, required=False)
    failure_rate = serializers.FloatField(min_value=0.0, max_value=1.0, required=False)
    open_seconds = serializers.IntegerField(min_value=1, max_value=86_400, required=False)
    trials = serializers.IntegerField(min_value=1, max_value=100, required=False)


class ToolFactsSerializer(StrictSerializer):
    """What may be changed of a tool."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    category = serializers.CharField(max_length=64, allow_blank=True, required=False)
    capability = serializers.CharField(
        max_length=64, allow_blank=True, required=False, help_text="What it is for, in one word: file_read, memory, …"
    )
    # DRF's fields have attributes of these names; it takes declared fields out of the class first.
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]
    node_type = serializers.ChoiceField(choices=NodeType.choices, required=False)
    capabilities = serializers.JSONField(required=False, help_text='E.g. `{"operations": ["stamp", "validate"]}`.')
    metadata = serializers.JSONField(required=False, help_text="Whatever you want to find it by.")
    excluded_providers = serializers.JSONField(required=False, help_text="Providers whose agents may not call it.")
    native_equivalent = serializers.CharField(max_length=64, allow_blank=True, required=False)
    rate_limit = RateLimitSerializer(allow_null=True, required=False)
    max_input_bytes = serializers.IntegerField(
        min_value=1, max_value=LARGEST_INPUT_BYTES, required=False, allow_null=True, help_text="As compact JSON."
    )
    max_output_bytes = serializers.IntegerField(
        min_value=1,
        max_value=LARGEST_OUTPUT_BYTES,
        required=False,
        allow_null=True,
        help_text="Of its service's answer, unpacked; null: 5,000,000.",
    )
    max_output_tokens = serializers.IntegerField(
        min_value=FEWEST_TOKENS,
        max_value=MOST_TOKENS,
        required=False,
        allow_null=True,
        help_text="What every answer is cut to, by the estimate; a call may ask for less.",
    )
    concurrency = ConcurrencySerializer(allow_null=True, required=False)
    quota = QuotaSerializer(allow_null=True, required=False)
    artifact_threshold_bytes = serializers.IntegerField(
        min_value=100,
        max_value=LARGEST_THRESHOLD_BYTES,
        required=False,
        allow_null=True,
        help_text="A longer answer becomes an artifact; null: the installation's threshold.",
    )
    artifact_ttl_seconds = serializers.IntegerField(
        min_value=SHORTEST_ARTIFACT_SECONDS,
        max_value=LONGEST_ARTIFACT_SECONDS,
        required=False,
        allow_null=True,
        help_text="How long its artifacts are kept; null: as long as the tenant's others.",
    )
    redaction = serializers.JSONField(
        required=False,
        help_text='Where it is not as the tenant\'s policy says, e.g. `{"stored": {"email": "hash"}}`.',
    )
    breaker = BreakerSettingsSerializer(allow_null=True, required=False)
    meanwhile = serializers.CharField(
        max_length=500,
        allow_blank=True,
        required=False,
        help_text="What an agent may say while a call of it takes its time, e.g. `One moment, I am looking it up.`",
    )
    health_endpoint = serializers.CharField(
        max_length=2000, allow_blank=True, required=False, help_text="Asked regularly; it has to answer with 2xx."
    )
    stale_after_seconds = serializers.IntegerField(min_value=1, max_value=LONGEST_SECONDS, required=False)
    retire_after_seconds = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_SECONDS,
        required=False,
        allow_null=True,
        help_text="Retire the tool when nothing was heard of it for so long; null: never.",
    )
    connection = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        help_text="The slug of what its calls go out with; null: its connector's default.",
    )
    enabled = serializers.BooleanField(required=False)


class VersionFactsSerializer(StrictSerializer):
    """What a version says and never changes."""

    input_schema = serializers.JSONField(required=False, help_text="JSON Schema, draft 2020-12.")
    output_schema = serializers.JSONField(required=False, allow_null=True, help_text="JSON Schema, draft 2020-12.")
    response_mapping = serializers.CharField(
        max_length=LONGEST_MAPPING,
        allow_blank=True,
        required=False,
        help_text="JMESPath: what is made of the service's answer before the output schema is checked.",
    )
    transport = serializers.ChoiceField(choices=sorted(TRANSPORTS), required=False)
    definition = serializers.JSONField(required=False, help_text="How it is called; see the transport's page.")
    endpoints = serializers.JSONField(required=False, help_text='E.g. `{"stamp": "https://example.com/stamp"}`.')
    permissions = serializers.JSONField(required=False, help_text='What it does, e.g. `["network", "destructive"]`.')
    system_prompt = serializers.CharField(max_length=LONGEST_TEXT, allow_blank=True, required=False)
    timeout_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_TIMEOUT_MS, required=False)
    retries = RetriesSerializer(required=False)
    idempotent = serializers.BooleanField(required=False, help_text="Calling it twice does no more than once.")
    read_only = serializers.BooleanField(  # type: ignore[assignment]
        required=False, help_text="It changes nothing."
    )
    cache_seconds = serializers.IntegerField(min_value=0, max_value=LONGEST_SECONDS, required=False)


class NewToolSerializer(VersionFactsSerializer, ToolFactsSerializer):
    """A tool and its first version."""

    slug = serializers.CharField(max_length=64, validators=[slug_validator])
    name = serializers.CharField(max_length=200)
    version = serializers.CharField(max_length=64, help_text="https://semver.org, e.g. `1.0.0`.")


class VersionSerializer(VersionFactsSerializer):
    """A version, as it is shown."""

    version = serializers.CharField()
    state = serializers.ChoiceField(choices=VersionState.choices)
    sunset_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ToolSerializer(VersionFactsSerializer, ToolFactsSerializer):
    """A tool, as it is shown: with the version that a call without one gets."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    version = serializers.CharField()
    connector = serializers.CharField(allow_null=True, help_text="The service that it goes out to.")
    is_shared = serializers.BooleanField(help_text="All tenants share it; only the platform's owner changes it.")
    health = serializers.ChoiceField(choices=HealthStatus.choices)
    health_detail = serializers.CharField(help_text="Why it is failing.")
    last_heartbeat = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


def represent_tool(entry: Entry) -> dict[str, Any]:
    tool, version = entry.tool, entry.version
    return {
        "id": tool.id,
        "slug": tool.slug,
        "name": tool.name,
        "description": tool.description,
        "version": version.version,
        "category": tool.category,
        "capability": tool.capability,
        "source": tool.source,
        "node_type": tool.node_type,
        "capabilities": tool.capabilities,
        "metadata": tool.metadata,
        "excluded_providers": tool.excluded_providers,
        "native_equivalent": tool.native_equivalent,
        "rate_limit": tool.rate_limit,
        "max_input_bytes": tool.max_input_bytes,
        "max_output_bytes": tool.max_output_bytes,
        "max_output_tokens": tool.max_output_tokens,
        "concurrency": tool.concurrency,
        "quota": tool.quota,
        "artifact_threshold_bytes": tool.artifact_threshold_bytes,
        "artifact_ttl_seconds": tool.artifact_ttl_seconds,
        "redaction": tool.redaction,
        "breaker": tool.breaker,
        "meanwhile": tool.meanwhile,
        "connector": connector_of(version) or None,
        "connection": entry.connection,
        "enabled": entry.enabled,
        "is_shared": tool.tenant_id is None,
        "health": tool.health.status_at(timezone.now()),
        "health_detail": tool.health.detail,
        "health_endpoint": tool.health_endpoint,
        "last_heartbeat": tool.health.last_heartbeat,
        "stale_after_seconds": tool.stale_after_seconds,
        "retire_after_seconds": tool.retire_after_seconds,
        "created_at": tool.created_at,
        "updated_at": tool.updated_at,
        **represent_version_facts(version),
    }


def represent_version_facts(version: ToolVersion) -> dict[str, Any]:
    return {name: getattr(version, name) for name in _VERSION_FACTS}


_VERSION_FACTS = sorted(VERSION_FACTS - {"version"})
