"""The forms of sources: made of what their scheme needs. What makes the values good is checked by the verbs."""

from collections.abc import Mapping
from typing import Any

from django import forms

from accounts.chrome.forms import JsonField, WordsField, slug_field
from integrations.entering import PLAIN, SECRET, EntryForm
from webhooks.models import WebhookSource
from webhooks.signatures.types import Scheme, Setting

TAKES, FINDS, KEEPS = "What it takes", "Where an event says what it is", "Its address, and keeping"
SETTINGS = "settings"
UNSIGNED = "Anybody may post to it"


class SourceForm(EntryForm):
    folded = frozenset({TAKES, FINDS, KEEPS})
    halves = frozenset({"name", "slug", "max_body_bytes", "retention_days", "event_id_at", "event_type_at"})

    def __init__(self, data: Any, scheme: Scheme, *, is_new: bool, initial: Mapping[str, Any]) -> None:
        super().__init__(
            data,
            [
                ("", _names(scheme, is_new=is_new)),
                ("", _signing(scheme, is_new=is_new)),
                (TAKES, _taking()),
                (FINDS, _finding()),
                (KEEPS, _keeping()),
            ],
            initial=dict(initial),
        )
        self.halves = SourceForm.halves | {f"{SETTINGS}.{each.name}" for each in scheme.settings}  # type: ignore[misc]


class SecretForm(EntryForm):
    def __init__(self, data: Any, scheme: Scheme) -> None:
        super().__init__(data, [("", {"secret": secret_field(scheme, required=True)})])


def secret_field(scheme: Scheme, *, required: bool) -> forms.CharField:
    secret = scheme.secret
    after = "" if required else " It can also be added later: until then everything is refused."
    return forms.CharField(
        label=secret.title if secret else "Secret",
        strip=False,
        required=required,
        widget=forms.PasswordInput(attrs=SECRET),
        help_text=f"{secret.hint if secret else ''}{after}".strip(),
    )


def given_settings(values: Mapping[str, Any]) -> dict[str, str]:
    """What was entered for the scheme, by the settings' own names."""
    prefix = f"{SETTINGS}."
    return {name.removeprefix(prefix): str(value) for name, value in values.items() if name.startswith(prefix)}


def source_facts(values: Mapping[str, Any]) -> dict[str, Any]:
    """The other fields as the verbs want them."""
    return {name: value for name, value in values.items() if not name.startswith(f"{SETTINGS}.") and name != "secret"}


def facts_of(source: WebhookSource, settings: Mapping[str, str]) -> dict[str, Any]:
    """What a form of it begins with."""
    names = (*_names_of_fields(), "name", "unsigned")
    return {name: getattr(source, name) for name in names} | {
        f"{SETTINGS}.{name}": text for name, text in settings.items()
    }


def _names_of_fields() -> list[str]:
    return [*_taking(), *_finding(), *_keeping()]


def _names(scheme: Scheme, *, is_new: bool) -> dict[str, forms.Field]:
    name = forms.CharField(
        max_length=200,
        initial=scheme.name,
        help_text="As people read it. With several accounts at one service, say which.",
    )
    slug = slug_field(scheme.slug, "As routes and the API know it. It cannot be changed later.")
    slug.initial = scheme.slug
    return {"name": name, "slug": slug} if is_new else {"name": name}


def _signing(scheme: Scheme, *, is_new: bool) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    if is_new and scheme.secret and not scheme.secret.delivered:
        found["secret"] = secret_field(scheme, required=False)
    for setting in scheme.settings:
        found[f"{SETTINGS}.{setting.name}"] = _setting_field(setting, is_new=is_new)
    if scheme.unsigned or not is_new:
        found["unsigned"] = forms.BooleanField(
            label=UNSIGNED,
            required=False,
            help_text="Nothing shows who it was. Only where the service cannot sign, and little depends on it.",
        )
    return found


def _setting_field(setting: Setting, *, is_new: bool) -> forms.Field:
    facts: dict[str, Any] = {"label": setting.title, "help_text": setting.hint, "initial": setting.default}
    required = setting.required and not setting.default
    if setting.choices:
        nothing = [] if required or setting.default else [("", "none")]
        choices = [*nothing, *((each, each) for each in setting.choices)]
        return forms.ChoiceField(choices=choices, required=required, **facts)
    if setting.secret:
        hint = facts.pop("help_text")
        kept = "" if is_new else " Empty: it stays as it is."
        widget = forms.PasswordInput(attrs=SECRET)
        return forms.CharField(
            strip=False, required=required and is_new, widget=widget, help_text=f"{hint}{kept}".strip(), **facts
        )
    return forms.CharField(required=required, widget=forms.TextInput(attrs=PLAIN), **facts)


def _taking() -> dict[str, forms.Field]:
    return {
        "max_body_bytes": forms.IntegerField(
            label="Largest body (bytes)", initial=1_000_000, min_value=1, help_text="A larger one is refused."
        ),
        "rate_limit": JsonField(
            kind=dict, label="Rate limit", help_text='E.g. {"per_minute": 600, "burst": 100}. Empty: none of its own.'
        ),
        "allowed_networks": WordsField(
            label="Allowed networks", example="203.0.113.0/24", help_text="Where it may come from. Empty: anywhere."
        ),
    }


def _finding() -> dict[str, forms.Field]:
    usual = (
        "Instead of where the scheme says: `header:X-Event-Id`, `query:id`, `form:id`, or JMESPath such as `data.id`."
    )
    return {
        "event_id_at": forms.CharField(
            label="The event's id", required=False, max_length=500, help_text=usual, widget=forms.TextInput(attrs=PLAIN)
        ),
        "event_type_at": forms.CharField(
            label="The event's type",
            required=False,
            max_length=500,
            help_text="In the same way.",
            widget=forms.TextInput(attrs=PLAIN),
        ),
    }


def _keeping() -> dict[str, forms.Field]:
    return {
        "public_url": forms.CharField(
            label="Its address as the service knows it",
            required=False,
            max_length=2000,
            help_text="Only where a proxy gives it another one, for services that sign the address, too.",
            widget=forms.URLInput(attrs={**PLAIN, "placeholder": "https://hooks.example.com/in"}),
        ),
        "retention_days": forms.IntegerField(
            label="Kept whole (days)", initial=30, min_value=1, help_text="Then what came is removed."
        ),
    }
