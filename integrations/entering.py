"""Forms made of a connector's data: what a person enters to prove who they are, and where their account is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from accounts.chrome.forms import ActForm
from integrations.format.types import AuthWay, Connector, Grant, OAuth, Variable

VALUES, VARIABLES = "values", "variables"
PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}
SECRET = {**PLAIN, "autocomplete": "new-password"}


def browser_way(way: AuthWay) -> OAuth | None:
    """The vendor's OAuth, where somebody signs in there; None where something is entered."""
    oauth = way.oauth
    return oauth if oauth and oauth.grant is Grant.AUTHORIZATION_CODE else None


def value_fields(way: AuthWay) -> dict[str, forms.Field]:
    """By `values.<name>`, as faults call them. A secret is sent to nobody again, not even to whoever entered it."""
    properties = way.fields.get("properties", {})
    return {f"{VALUES}.{name}": _value_field(way, name, schema) for name, schema in properties.items()}


def _value_field(way: AuthWay, name: str, schema: Mapping[str, Any]) -> forms.Field:
    facts = {
        "label": schema.get("title", name),
        "help_text": schema.get("description", ""),
        "required": name in way.fields.get("required", ()),
    }
    if "enum" in schema:
        return forms.ChoiceField(choices=[(each, each) for each in map(str, schema["enum"])], **facts)
    if name in way.secret_fields:
        return forms.CharField(strip=False, widget=forms.PasswordInput(attrs=SECRET), **facts)
    return forms.CharField(widget=forms.TextInput(attrs={**PLAIN, "placeholder": _example(schema)}), **facts)


def _example(schema: Mapping[str, Any]) -> str:
    return str(next(iter(schema.get("examples", ())), ""))


def variable_fields(connector: Connector) -> dict[str, forms.Field]:
    """By `variables.<name>`; those that come with the token are nobody's to enter."""
    asked = (each for each in connector.variables if not each.kept)
    return {f"{VARIABLES}.{each.name}": _variable_field(connector, each) for each in asked}


def _variable_field(connector: Connector, variable: Variable) -> forms.Field:
    help_text = f"{variable.description} Goes into `{connector.base_url}`.".strip()
    return forms.CharField(
        label=variable.title or variable.name,
        required=not variable.default,
        help_text=help_text,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": variable.example or variable.default}),
    )


def scope_field(oauth: OAuth, given: Iterable[str] = ()) -> dict[str, forms.Field]:
    """What can be asked for besides what always is. None where there is nothing to choose."""
    known = {*oauth.default_scopes, *given}
    choices = [(scope, f"{words} ({scope})") for scope, words in oauth.scopes.items() if scope not in known]
    if not choices:
        return {}
    field = forms.MultipleChoiceField(
        label="Ask for more",
        choices=choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Only what your tools need. You can ask for more later.",
    )
    return {"scopes": field}


def group_of(cleaned: Mapping[str, Any], group: str) -> dict[str, str]:
    """What was entered in the fields of a group, by their own names."""
    prefix = f"{group}."
    return {name.removeprefix(prefix): value for name, value in cleaned.items() if name.startswith(prefix) and value}


class EntryForm(ActForm):
    """Fields that are known when it is made, in groups."""

    def __init__(self, data: Any, fields: Sequence[tuple[str, Mapping[str, forms.Field]]], **options: Any) -> None:
        super().__init__(data, **options)
        self.sections = tuple((title, tuple(group)) for title, group in fields if group)  # type: ignore[misc]
        for _, group in fields:
            self.fields.update(group)
