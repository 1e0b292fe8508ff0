"""The forms of acts: plain fields, strict JSON, and a verb's refusal told beside the field it is about."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.api.parsing import read_json
from accounts.errors import Fault, Malformed, QuartermasterError
from accounts.models.tenant import slug_validator
from accounts.times import IMPOSSIBLE, is_possible


@dataclass(frozen=True)
class Group:
    """Fields that stand together."""

    title: str
    fields: Sequence[forms.BoundField]
    folded: bool = False
    """Closed at first: whoever registers a first tool should not have to read past it."""

    @property
    def open(self) -> bool:
        return any(field.errors or field.value() not in (None, "", False, field.field.initial) for field in self.fields)


class ActForm(forms.Form):
    """No fields: a question that is answered by its button. `templates/admin/form_rows.html` draws those that are."""

    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = ()
    """Headings with the names of the fields below them; what is in none comes first."""
    folded: ClassVar[frozenset[str]] = frozenset()
    """Which headings are folded."""
    halves: ClassVar[frozenset[str]] = frozenset()
    """Fields that are short enough for two in a line."""

    def groups(self) -> list[Group]:
        named = {name for _, names in self.sections for name in names}
        first = [field for field in self.visible_fields() if field.name not in named]
        return [
            Group("", first),
            *(
                Group(title, [self[name] for name in names if name in self.fields], folded=title in self.folded)
                for title, names in self.sections
            ),
        ]


class JsonField(forms.CharField):
    """JSON in a textarea, read as strictly as the API reads it."""

    def __init__(self, *, kind: type[dict[str, Any]] | type[list[Any]], rows: int = 2, **options: Any) -> None:
        self.kind = kind
        attributes = {"class": "qm-code-input", "rows": rows, "spellcheck": "false", "autocapitalize": "off"}
        super().__init__(**{"required": False, "widget": forms.Textarea(attrs=attributes), **options})

    def prepare_value(self, value: Any) -> Any:
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, indent=2, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        """The value; None when nothing was written."""
        text = super().clean(value)
        if not text:
            return None
        try:
            read = read_json(text.encode())
        except Malformed as error:
            raise ValidationError(error.message.replace("The body", "This", 1)) from error
        if not isinstance(read, self.kind):
            example = '{"name": "value"}' if self.kind is dict else '["one", "two"]'
            raise ValidationError(f"Write a JSON {'object' if self.kind is dict else 'array'}, such as {example}.")
        return read


class WordsField(forms.CharField):
    """A list of words: with commas between them, or one on a line."""

    def __init__(self, *, example: str = "", rows: int = 1, **options: Any) -> None:
        attributes = {"rows": rows, "spellcheck": "false", "autocapitalize": "off", "placeholder": example}
        super().__init__(**{"required": False, "widget": forms.Textarea(attrs=attributes), **options})

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        words = super().clean(value).replace(",", "\n").split("\n")
        return [word.strip() for word in words if word.strip()]


class TimeField(forms.DateTimeField):
    """To the minute, in UTC."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(**{"required": False, "widget": widget, **options})

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        if moment is not None and not is_possible(moment):
            raise ValidationError(IMPOSSIBLE)
        return moment


def complain(form: forms.Form, error: QuartermasterError | ValidationError) -> None:
    """Tell a verb's refusal in the form: each fault beside its field, everything else above them."""
    if isinstance(error, ValidationError):
        _add_model_errors(form, error)
        return
    beside = [fault for fault in error.faults if _field(form, fault)]
    for fault in beside:
        form.add_error(_field(form, fault), _said_beside(form, fault))
    if not beside:
        form.add_error(None, error.message)
    for fault in error.faults:
        if fault not in beside:
            form.add_error(None, f"{fault.path}: {fault.message}")


def _add_model_errors(form: forms.Form, error: ValidationError) -> None:
    found: Mapping[str, list[str]] = (
        error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    )
    for field, said in found.items():
        for message in said:
            if field in form.fields:
                form.add_error(field, message)
            else:
                form.add_error(None, message if field == NON_FIELD_ERRORS else f"{field}: {message}")


def _field(form: forms.Form, fault: Fault) -> str | None:
    """The field that a path such as `$.rate_limit.burst` begins with: `rate_limit`, or one named by the whole of it."""
    name = _name(fault)
    while name and name not in form.fields:
        name = name[: max(name.rfind("."), name.rfind("["), 0)]
    return name or None


def _said_beside(form: forms.Form, fault: Fault) -> str:
    """The message, with what of the path its field does not show."""
    _, _, rest = _name(fault).removeprefix(_field(form, fault) or "").partition(".")
    return f"{rest}: {fault.message}" if rest else fault.message


def _name(fault: Fault) -> str:
    return fault.path.removeprefix("$").removeprefix(".")


def slug_field(example: str, help_text: str) -> forms.CharField:
    return forms.CharField(
        max_length=64,
        validators=[slug_validator],
        help_text=help_text,
        widget=forms.TextInput(attrs={"placeholder": example, "autocapitalize": "off", "spellcheck": "false"}),
    )
