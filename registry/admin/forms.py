"""The facts of tools and versions as form fields. What makes them good is checked by the verbs."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from accounts.chrome.forms import ActForm, JsonField, slug_field
from registry.models.tool import NodeType
from registry.transports import TRANSPORTS


class ToolForm(ActForm):
    name = forms.CharField(max_length=200, help_text="As people read it, e.g. Find contact.")
    description = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What it does and when to use it. Models read this when they choose a tool.",
    )
    category = forms.CharField(max_length=64, required=False, help_text="Groups tools in lists, e.g. crm.")
    node_type = forms.ChoiceField(
        label="Node type",
        choices=NodeType.choices,
        initial=NodeType.EFFECT,
        help_text="Effect reaches the world outside, compute only computes, reducer folds, orchestrator calls others.",
    )
    capability = forms.CharField(
        max_length=64, required=False, help_text="What it is for, in one word: file_read, memory, …"
    )
    capabilities = JsonField(kind=dict, help_text='What agents find it by, e.g. {"operations": ["find_contact"]}.')
    metadata = JsonField(kind=dict, help_text="Anything you want to filter by later.")
    excluded_providers = JsonField(
        kind=list, label="Not for providers", help_text='Runtimes whose agents do not get it, e.g. ["claude_code"].'
    )
    native_equivalent = forms.CharField(
        max_length=64, required=False, label="Native equivalent", help_text="A provider's own tool that does the same."
    )
    rate_limit = JsonField(kind=dict, label="Rate limit", help_text='E.g. {"per_minute": 60, "burst": 10}.')
    max_input_bytes = forms.IntegerField(
        label="Largest input (bytes)",
        required=False,
        min_value=1,
        help_text="Larger ones are refused, nothing is sent.",
    )
    max_output_bytes = forms.IntegerField(
        label="Largest answer (bytes)", required=False, min_value=1, help_text="Of its service; empty: 5,000,000."
    )
    max_output_tokens = forms.IntegerField(
        label="Answer's budget (tokens)", required=False, min_value=16, help_text="Empty: answers are not cut."
    )
    concurrency = JsonField(kind=dict, help_text='Calls at the same time, e.g. {"most": 5}. Empty: any number.')
    quota = JsonField(
        kind=dict, help_text='Calls per day and month (UTC), e.g. {"per_day": 1000, "per_month": 20000}. Empty: none.'
    )
    artifact_threshold_bytes = forms.IntegerField(
        label="Artifact above (bytes)", required=False, min_value=100, help_text="Longer answers are told in part."
    )
    artifact_ttl_seconds = forms.IntegerField(
        label="Artifacts kept (seconds)", required=False, min_value=60, help_text="Empty: as the tenant's others."
    )
    breaker = JsonField(
        kind=dict,
        help_text='When its circuit opens, e.g. {"window_seconds": 60, "minimum_calls": 20, "failure_rate": 0.5, '
        '"open_seconds": 30, "trials": 1}. Empty: as usual.',
    )
    health_endpoint = forms.CharField(
        max_length=2000,
        required=False,
        label="Health endpoint",
        help_text="A URL that answers with success while it works.",
    )
    stale_after_seconds = forms.IntegerField(
        label="Stale after (seconds)",
        initial=300,
        min_value=1,
        help_text="Without a heartbeat for so long it is stale.",
    )
    retire_after_seconds = forms.IntegerField(
        label="Retire after (seconds)", required=False, min_value=1, help_text="Empty: never by itself."
    )
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        ("Finding it", ("capabilities", "metadata", "capability", "node_type")),
        ("Limits", ("rate_limit", "concurrency", "quota", "breaker")),
        ("Health", ("health_endpoint", "stale_after_seconds", "retire_after_seconds")),
        (
            "Sizes",
            (
                *("max_input_bytes", "max_output_bytes", "max_output_tokens"),
                *("artifact_threshold_bytes", "artifact_ttl_seconds"),
            ),
        ),
        ("Providers", ("excluded_providers", "native_equivalent")),
    )
    halves = frozenset(
        (
            *("category", "node_type", "capability", "stale_after_seconds", "retire_after_seconds"),
            *("max_input_bytes", "max_output_bytes", "artifact_threshold_bytes", "artifact_ttl_seconds"),
        )
    )


class VersionForm(ActForm):
    version = forms.CharField(max_length=64, initial="1.0.0", help_text="A semantic version, such as 1.0.0.")
    transport = forms.ChoiceField(choices=[(name, name) for name in sorted(TRANSPORTS)], initial="http")
    definition = JsonField(
        kind=dict,
        rows=6,
        help_text='How it is called. For http: {"method": "POST", "url": "https://…", "body": "rest"}. '
        'For builtin: {"function": "clock"}.',
    )
    endpoints = JsonField(
        kind=dict, help_text='Instead of a definition: {"stamp": "https://…/stamp"}. Each name is an operation.'
    )
    input_schema = JsonField(
        kind=dict,
        rows=8,
        label="Input schema",
        help_text="JSON Schema, draft 2020-12. Inputs that do not fit are refused.",
    )
    output_schema = JsonField(kind=dict, rows=4, label="Output schema", help_text="Empty: answers are not checked.")
    response_mapping = forms.CharField(
        label="Response mapping",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="JMESPath, e.g. items[*].{id: id, name: title}. It is applied before the output schema is checked.",
    )
    permissions = JsonField(kind=list, help_text='What it does, e.g. ["network", "destructive"].')
    system_prompt = forms.CharField(
        label="System prompt",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For providers that take tools as text.",
    )
    timeout_ms = forms.IntegerField(label="Timeout (ms)", initial=30_000, min_value=1)
    retries = JsonField(
        kind=dict,
        help_text='E.g. {"attempts": 3, "first_backoff_ms": 200, "on_status": [503]}. Empty: one attempt.',
    )
    read_only = forms.BooleanField(label="Read only", required=False, help_text="It changes nothing.")
    idempotent = forms.BooleanField(required=False, help_text="Calling it twice does no more than calling it once.")
    cache_seconds = forms.IntegerField(
        label="Cache (seconds)", initial=0, min_value=0, help_text="How long an answer may be used again; 0: never."
    )
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        (
            "How it is called",
            ("transport", "definition", "endpoints", "input_schema", "response_mapping", "output_schema"),
        ),
        ("What it may do", ("permissions", "read_only", "idempotent", "system_prompt")),
        ("Time", ("timeout_ms", "cache_seconds", "retries")),
    )
    halves = frozenset(("version", "transport", "timeout_ms", "cache_seconds"))


class RegisterForm(VersionForm, ToolForm):
    slug = slug_field("crm-find-contact", "Its name in calls. It cannot be changed later.")
    field_order = ("slug", "name", "description", "version", "category")
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (*VersionForm.sections, *ToolForm.sections)
    folded = frozenset(title for title, _ in (*VersionForm.sections[1:], *ToolForm.sections))
    halves = VersionForm.halves | ToolForm.halves | {"slug", "name"}


_EMPTY: Mapping[str, Any] = {
    **{name: {} for name in ("capabilities", "metadata", "definition", "endpoints", "input_schema", "retries")},
    **{name: [] for name in ("excluded_providers", "permissions")},
}


def complete(values: Mapping[str, Any]) -> dict[str, Any]:
    """The facts as the verbs want them: JSON that was left empty is an empty object or array where null is none."""
    return {name: _EMPTY.get(name) if value is None else value for name, value in values.items()}
