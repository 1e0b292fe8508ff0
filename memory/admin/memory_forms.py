"""The forms of a memory: what it says, what is said of it, and until when that holds."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.dateparse import parse_datetime

from accounts.chrome.forms import ActForm, JsonField, TimeField, WordsField
from integrations.entering import PLAIN
from memory.limits import LONGEST_END_USER, LONGEST_KIND, LONGEST_NAMESPACE, LONGEST_SOURCE
from memory.models import Trust
from memory.namespaces import DEFAULT_NAMESPACE

_TIMES = ("valid_from", "valid_to", "expires_at")


class MemoryForm(ActForm):
    content = forms.CharField(
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="What is to be remembered, in plain words: one thing in each memory is found best.",
    )
    namespace = forms.CharField(
        max_length=LONGEST_NAMESPACE,
        initial=DEFAULT_NAMESPACE,
        help_text="A path, such as `projects/apollo`. One that holds nothing yet begins with this memory.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    kind = forms.CharField(
        max_length=LONGEST_KIND,
        initial="fact",
        help_text="What sort it is: `fact`, `preference`, `event`, or a word of your own.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    tags = WordsField(example="billing, q3", help_text="With commas between them.")
    trust = forms.ChoiceField(
        choices=Trust.choices,
        initial=Trust.TRUSTED,
        help_text="`Untrusted` is what comes from outside: whoever recalls it is told.",
    )
    source = forms.CharField(max_length=LONGEST_SOURCE, required=False, help_text="Where it comes from.")
    end_user = forms.CharField(max_length=LONGEST_END_USER, required=False, help_text="Whom it is about.")
    valid_from = TimeField(label="Valid from (UTC)", help_text="When it began to be so. Empty: always.")
    valid_to = TimeField(label="Valid until (UTC)", help_text="When it ceased to be so. Empty: still so.")
    expires_at = TimeField(label="Forget at (UTC)", help_text="From then on nobody finds it. Empty: never.")
    metadata = JsonField(kind=dict, rows=4, help_text='Searches can ask for what stands here: `{"account": 7}`.')
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        ("What is said of it", ("trust", "source", "end_user", "metadata")),
        ("When it holds", ("valid_from", "valid_to", "expires_at")),
    )
    folded = frozenset({"When it holds"})
    halves = frozenset(
        {"namespace", "kind", "tags", "trust", "source", "end_user", "valid_from", "valid_to", "expires_at"}
    )

    def clean_content(self) -> str:
        """With line ends as everybody but forms writes them."""
        return _plain(self.cleaned_data["content"])

    def clean_metadata(self) -> dict[str, Any]:
        return self.cleaned_data["metadata"] or {}


class EditMemoryForm(MemoryForm):
    """`begun`: the facts that whoever edits has seen, at `data["version"]`; None: they are not kept any more."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, now: Mapping[str, Any], current: int, begun: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial={**now, "version": current})
        self._now, self._current, self._begun = now, current, begun

    def clean(self) -> dict[str, Any]:
        """Only what somebody has changed. Of what somebody else has changed meanwhile, both are told."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("version") not in (None, self._current):
            self._meet(cleaned["version"])
        return {
            name: value
            for name, value in cleaned.items()
            if name == "version" or self._is_changed(name, self._begun or self._now)
        }

    def _meet(self, version: int) -> None:
        """Show how it is now wherever this person has changed nothing, so that saving again undoes nothing unseen."""
        begun = self._begun or self._now
        theirs = [name for name in self._now if self._shown(name, begun) != self._shown(name, self._now)]
        data = self.data.copy()  # type: ignore[attr-defined]
        for name in theirs:
            if not self._is_changed(name, begun):
                data[name] = self._shown(name, self._now)
        data["version"] = str(self._current)
        self.data = data
        both = [self[name].label.lower() for name in theirs if self._is_changed(name, begun) and self._is_changed(name)]
        said = (
            f"Somebody has changed this memory while you wrote: it is at version {self._current} now, and you began "
            f"with version {version}. Nothing is saved yet. Where you changed nothing, their words stand below. "
        )
        clash = f"You both changed: {', '.join(both)}. Saving again puts yours there." if both else "Save again."
        self.add_error(None, said + clash)

    def _is_changed(self, name: str, before: Mapping[str, Any] | None = None) -> bool:
        sent = self.data.get(name, "")
        return _plain(sent) != self._shown(name, before or self._now)

    def _shown(self, name: str, facts: Mapping[str, Any]) -> str:
        """As the form shows it, and so as it is sent back."""
        field = self.fields[name]
        shown: Any = field.widget.format_value(field.prepare_value(_moments(name, facts.get(name))))
        return _plain("".join(shown) if isinstance(shown, list) else shown or "")


def _moments(name: str, value: Any) -> Any:
    return parse_datetime(value) if name in _TIMES and isinstance(value, str) else value


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
