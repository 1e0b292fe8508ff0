"""What an action of a connector is as a tool."""

import hashlib
from typing import Any

from integrations.format.types import Action, Connector
from registry.models.tool import Source
from registry.shaping.weight import tokens_of

OWN_METADATA = frozenset({"connector", "action", "prefix", "pagination", "tags"})
"""Whatever else a tool's metadata holds is its admin's."""
NETWORK, DESTRUCTIVE = "network", "destructive"
LONGEST_SLUG = 64
_LONGEST_NAME = 200
_DIGEST = 8


def tool_slug(connector: str, action: str, prefix: str = "") -> str:
    """`slack-post-message`. What is too long ends in a digest, so that no two are the same."""
    whole = "-".join(filter(None, (prefix, connector, action)))
    if len(whole) <= LONGEST_SLUG:
        return whole
    digest = hashlib.sha256(whole.encode()).hexdigest()[:_DIGEST]
    return f"{whole[: LONGEST_SLUG - _DIGEST - 1].rstrip('-')}-{digest}"


def said_of_tool(connector: Connector, action: Action, prefix: str) -> dict[str, Any]:
    """What follows the connector when it changes. Whatever else a tool has is its admin's."""
    return {
        "name": f"{connector.name}: {action.name}"[:_LONGEST_NAME],
        "description": action.description,
        "metadata": _metadata(connector, action, prefix),
    }


def facts_of_tool(connector: Connector, action: Action, prefix: str) -> dict[str, Any]:
    """Of a new one."""
    return {
        "slug": tool_slug(connector.slug, action.slug, prefix),
        "category": connector.category,
        "source": Source.USER if connector.source in ("openapi", "yaml") else Source.PLATFORM,
        "rate_limit": dict(connector.rate_limit) if connector.rate_limit else None,
        **said_of_tool(connector, action, prefix),
    }


def facts_of_version(connector: Connector, action: Action) -> dict[str, Any]:
    facts = {
        "input_schema": dict(action.input_schema),
        "output_schema": None if action.output_schema is None else dict(action.output_schema),
        "response_mapping": action.response_mapping,
        "transport": "http",
        "definition": dict(action.definition),
        "permissions": [NETWORK, DESTRUCTIVE] if action.destructive else [NETWORK],
        "retries": dict(connector.retries),
        "read_only": action.read_only,
        "idempotent": action.idempotent,
        "cache_seconds": action.cache_seconds,
    }
    return facts if action.timeout_ms is None else {**facts, "timeout_ms": action.timeout_ms}


def tokens_of_tool(slug: str, action: Action) -> int:
    """As a model is told of it."""
    return tokens_of({"name": slug, "description": action.description, "input_schema": action.input_schema})


def _metadata(connector: Connector, action: Action, prefix: str) -> dict[str, Any]:
    told = {
        "connector": connector.slug,
        "action": action.slug,
        "prefix": prefix,
        "pagination": dict(connector.pagination),
        "tags": list(action.tags),
    }
    return {name: value for name, value in told.items() if value}
