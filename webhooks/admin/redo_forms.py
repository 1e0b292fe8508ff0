"""Forms that have something done again. Each carries a key, so that sending it twice does it once."""

from typing import Any

from django import forms

from accounts.chrome.forms import ActForm
from accounts.ids import new_id


class KeyField(forms.CharField):
    """Made with the form, and the same when that is sent twice."""

    def __init__(self) -> None:
        super().__init__(max_length=100, required=False, widget=forms.HiddenInput, initial=lambda: str(new_id()))

    def clean(self, value: Any) -> str | None:
        return super().clean(value) or None


class RedoForm(ActForm):
    key = KeyField()
