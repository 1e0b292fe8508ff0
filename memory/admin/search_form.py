"""What somebody searches for in the browser: the fields of a request as agents make it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from accounts.chrome.forms import ActForm, JsonField, TimeField, WordsField
from accounts.models import Agent
from integrations.entering import PLAIN
from memory.limits import MOST_HITS
from memory.models import Trust
from memory.search.limits import MOST_EXPANDED, USUAL_HITS
from memory.search.types import Mode

MOST_AGENTS = 500
_MODES = (
    (Mode.HYBRID, "By meaning and by words"),
    (Mode.SEMANTIC, "By meaning alone"),
    (Mode.KEYWORD, "By words alone"),
)


class SearchForm(ActForm):
    query = forms.CharField(
        label="What to look for",
        strip=False,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "When does the deal with Globex close?"}),
        help_text='A question or some words. `"in quotes"` is a must, `-word` must not be there.',
    )
    namespace = forms.CharField(
        required=False, help_text="With all below it; empty: everywhere.", widget=forms.TextInput(attrs=PLAIN)
    )
    mode = forms.ChoiceField(label="How", choices=[(mode.value, said) for mode, said in _MODES], required=False)
    limit = forms.IntegerField(label="At most", initial=USUAL_HITS, min_value=1, max_value=MOST_HITS, required=False)
    agent = forms.ChoiceField(
        label="As agent", required=False, help_text="What it may read, and no more. Empty: as yourself."
    )
    kind = WordsField(label="Kinds", example="fact, event", help_text="Any of these.")
    tags = WordsField(example="sales, q2", help_text="All of these.")
    trust = forms.ChoiceField(choices=(("", "Any"), *Trust.choices), required=False)
    end_user = forms.CharField(required=False, widget=forms.TextInput(attrs=PLAIN))
    expand_links = forms.IntegerField(
        label="Follow links",
        initial=0,
        min_value=0,
        max_value=MOST_EXPANDED,
        required=False,
        help_text=f"So many in a row, up to {MOST_EXPANDED}.",
    )
    valid_at = TimeField(label="Valid at (UTC)", help_text="Empty: now.")
    any_time = forms.BooleanField(
        label="Also what is not valid now", required=False, help_text="What began later, or is over."
    )
    where = JsonField(
        kind=dict,
        rows=4,
        label="Metadata",
        help_text='`{"path": "account", "op": "eq", "value": 7}`, or several in `and`.',
    )
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        ("Narrow it", ("kind", "tags", "trust", "end_user", "expand_links", "valid_at", "any_time", "where")),
    )
    folded = frozenset({"Narrow it"})
    halves = frozenset({"limit", "agent", "kind", "tags", "trust", "end_user", "expand_links", "valid_at"})

    def __init__(self, data: Any = None, *, may_be_agent: bool) -> None:
        """Read in the tenant's scope."""
        super().__init__(data)
        if may_be_agent:
            slugs = Agent.objects.filter(enabled=True).order_by("slug").values_list("slug", flat=True)[:MOST_AGENTS]
            self.fields["agent"].choices = [("", "Yourself"), *((slug, slug) for slug in slugs)]  # type: ignore[attr-defined]
        else:
            del self.fields["agent"]


def request_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """The request as an agent would send it: only what was said."""
    asked = {
        name: value for name, value in values.items() if name != "agent" and value not in (None, "", [], {}, False)
    }
    if asked.get("expand_links") == 0:
        del asked["expand_links"]
    if "valid_at" in asked:
        asked["valid_at"] = asked["valid_at"].isoformat().replace("+00:00", "Z")
    return asked
