"""What is known of a tool and of its versions, by name, and what makes a set of facts a good one."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from accounts.changes import refuse_others
from accounts.errors import Fault
from accounts.models.limits import SHAPES
from accounts.models.tenant import LONGEST_ARTIFACT_SECONDS, SHORTEST_ARTIFACT_SECONDS
from integrations.mapping import check_mapping
from integrations.redaction.policy import faults as policy_faults
from registry import retries, transports
from registry.batches.nesting import check_nested
from registry.breakers import settings as breakers
from registry.models import Tool, ToolVersion
from registry.models.version import SEMVER_PATTERN
from registry.schemas.check import check_input_schema, check_schema
from registry.shaping.budget import FEWEST_TOKENS, MOST_TOKENS
from registry.timeouts import LONGEST_TIMEOUT_MS
from registry.transports.http_urls import check_http_url

TOOL_FACTS = frozenset(
    [
        *("slug", "name", "description", "category", "capability", "source", "node_type", "capabilities", "metadata"),
        *(
            "excluded_providers",
            "native_equivalent",
            "rate_limit",
            "max_input_bytes",
            "max_output_bytes",
            "max_output_tokens",
            "concurrency",
            "quota",
            "artifact_threshold_bytes",
            "artifact_ttl_seconds",
            "breaker",
            "meanwhile",
            "redaction",
            "health_endpoint",
            "stale_after_seconds",
        ),
        *("retire_after_seconds", "enabled", "connection"),
    ]
)
VERSION_FACTS = frozenset(
    [
        *("version", "input_schema", "output_schema", "transport", "definition", "endpoints", "permissions"),
        *("system_prompt", "timeout_ms", "retries", "idempotent", "read_only", "cache_seconds", "response_mapping"),
    ]
)

RESERVED_SLUGS = frozenset({"batch"})
LARGEST_JSON_BYTES = 64 * 1024
LONGEST_TEXT = 100_000
LONGEST_WORD = 64
MOST_WORDS = 100
LONGEST_SECONDS = 10 * 365 * 24 * 3600
LARGEST_INPUT_BYTES = 100_000_000
LARGEST_OUTPUT_BYTES = 100_000_000
SMALLEST_THRESHOLD_BYTES = 100
LARGEST_THRESHOLD_BYTES = 1_000_000


def split_facts(spec: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The facts of the tool and those of its version. Raises Invalid for a name that is neither's."""
    refuse_others(spec, TOOL_FACTS | VERSION_FACTS)
    return _those_of(TOOL_FACTS, spec), _those_of(VERSION_FACTS, spec)


def _those_of(names: frozenset[str], spec: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in spec.items() if name in names}


def check_tool(tool: Tool) -> list[Fault]:
    """What is wrong with a tool's own facts. Raises Django's ValidationError for a single field of a wrong kind."""
    tool.clean_fields(exclude=["tenant", "health_endpoint"])
    return [
        *_slug_faults(tool.slug),
        *_object_faults("$.capabilities", tool.capabilities),
        *_object_faults("$.metadata", tool.metadata),
        *_word_faults("$.excluded_providers", tool.excluded_providers),
        *(Fault(_below("$.redaction", path), said) for path, said in policy_faults(tool.redaction)),
        *_limit_faults(tool),
        *_health_faults(tool),
        *_length_faults("$.description", tool.description),
        *_number_faults("$.stale_after_seconds", tool.stale_after_seconds, LONGEST_SECONDS),
        *_number_faults("$.retire_after_seconds", tool.retire_after_seconds, LONGEST_SECONDS),
        *_number_faults("$.max_input_bytes", tool.max_input_bytes, LARGEST_INPUT_BYTES),
        *_number_faults("$.max_output_bytes", tool.max_output_bytes, LARGEST_OUTPUT_BYTES),
        *_number_faults("$.max_output_tokens", tool.max_output_tokens, MOST_TOKENS, lowest=FEWEST_TOKENS),
        *_number_faults(
            "$.artifact_threshold_bytes",
            tool.artifact_threshold_bytes,
            LARGEST_THRESHOLD_BYTES,
            lowest=SMALLEST_THRESHOLD_BYTES,
        ),
        *_number_faults(
            "$.artifact_ttl_seconds",
            tool.artifact_ttl_seconds,
            LONGEST_ARTIFACT_SECONDS,
            lowest=SHORTEST_ARTIFACT_SECONDS,
        ),
    ]


def check_version(version: ToolVersion) -> list[Fault]:
    """The same for a version. Its transport is asked only about what is well-formed."""
    version.clean_fields(exclude=["tenant", "tool"])
    faults = [
        *_semver_faults(version.version),
        *check_input_schema("$.input_schema", version.input_schema),
        *([] if version.output_schema is None else check_schema("$.output_schema", version.output_schema)),
        *check_mapping("$.response_mapping", version.response_mapping),
        *_object_faults("$.definition", version.definition),
        *_endpoint_faults("$.endpoints", version.endpoints),
        *_word_faults("$.permissions", version.permissions),
        *_told("$.retries", retries.faults(version.retries)),
        *_length_faults("$.system_prompt", version.system_prompt),
        *_number_faults("$.timeout_ms", version.timeout_ms, LONGEST_TIMEOUT_MS),
        *_number_faults("$.cache_seconds", version.cache_seconds or None, LONGEST_SECONDS),
    ]
    faults = faults or transports.check(version.transport, version.definition, version.endpoints, version.input_schema)
    return faults or check_nested(version)


def _below(path: str, inner: str) -> str:
    return f"{path}.{inner}" if inner else path


def _slug_faults(slug: str) -> Iterator[Fault]:
    if slug in RESERVED_SLUGS:
        yield Fault("$.slug", "This word is an address of the API already. Choose another slug.")


def _semver_faults(version: str) -> Iterator[Fault]:
    if not re.fullmatch(SEMVER_PATTERN, version):
        yield Fault("$.version", "Give a semantic version, such as `1.0.0` or `2.1.0-rc.1` (https://semver.org).")


def _object_faults(path: str, value: object) -> Iterator[Fault]:
    if not isinstance(value, dict):
        yield Fault(path, "Give an object.")
    elif len(json.dumps(value)) > LARGEST_JSON_BYTES:
        yield Fault(path, f"This is larger than {LARGEST_JSON_BYTES:,} bytes. Keep less here.")


def _word_faults(path: str, value: object) -> Iterator[Fault]:
    if not isinstance(value, list) or len(value) > MOST_WORDS:
        yield Fault(path, f"Give a list of at most {MOST_WORDS} words.")
        return
    for index, word in enumerate(value):
        if not isinstance(word, str) or not 0 < len(word) <= LONGEST_WORD:
            yield Fault(f"{path}[{index}]", f"Give a word of at most {LONGEST_WORD} characters.")


def _endpoint_faults(path: str, value: object) -> Iterator[Fault]:
    if not isinstance(value, dict) or len(value) > MOST_WORDS:
        yield Fault(path, f"Give an object of at most {MOST_WORDS} operations, each with its URL.")
        return
    for operation, url in value.items():
        if not 0 < len(operation) <= LONGEST_WORD:
            yield Fault(path, f"An operation's name has 1 to {LONGEST_WORD} characters.")
        else:
            yield from _url_faults(f"{path}.{operation}", url)


def _limit_faults(tool: Tool) -> Iterator[Fault]:
    for name, shape in SHAPES.items():
        written = getattr(tool, name)
        if written is not None:
            yield from _told(f"$.{name}", shape.faults(written))
    if tool.breaker is not None:
        yield from _told("$.breaker", breakers.faults(tool.breaker))


def _told(path: str, faults: Iterator[tuple[str, str]]) -> Iterator[Fault]:
    for field, sentence in faults:
        yield Fault(f"{path}.{field}" if field else path, sentence)


def _number_faults(path: str, value: Any, highest: int, *, lowest: int = 1) -> Iterator[Fault]:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (whole and lowest <= value <= highest):
        yield Fault(path, f"Give a whole number from {lowest:,} to {highest:,}.")


def _length_faults(path: str, text: str) -> Iterator[Fault]:
    if len(text) > LONGEST_TEXT:
        yield Fault(path, f"This is longer than {LONGEST_TEXT:,} characters. Say less.")


def _health_faults(tool: Tool) -> Iterator[Fault]:
    if not tool.health_endpoint:
        return
    if len(tool.health_endpoint) > 2000:
        yield Fault("$.health_endpoint", "This is longer than 2,000 characters.")
    yield from _url_faults("$.health_endpoint", tool.health_endpoint)


def _url_faults(path: str, url: object) -> Iterator[Fault]:
    # The tables' own constraints read the scheme by letter.
    if isinstance(url, str) and not url.startswith(("http://", "https://")):
        yield Fault(path, "Give an absolute http:// or https:// URL, its scheme in lower case.")
    else:
        yield from check_http_url(path, url)
