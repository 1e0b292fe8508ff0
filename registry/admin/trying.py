"""The panel "Try it": what would become of a call, told by the verb that the API tells it with."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.caller import Caller
from accounts.chrome.forms import ActForm, JsonField, complain
from accounts.chrome.pages import caller_behind
from accounts.errors import QuartermasterError
from accounts.models import Agent
from registry.execution.types import ToolCall
from registry.explain import Explanation, caller_for, explain
from registry.models import Tool

MOST_CHOICES = 500


class TryForm(ActForm):
    agent = forms.ChoiceField(required=False, help_text="Who would call.")
    tool = forms.ChoiceField(help_text="What would be called, in its latest version.")
    input = JsonField(kind=dict, rows=4, help_text='The arguments, e.g. {"amount": 1200}. Empty: none.')
    halves = frozenset({"agent", "tool"})

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"prefix": "try", **options})
        agents = Agent.objects.order_by("slug").values_list("slug", flat=True)[:MOST_CHOICES]
        tools = Tool.objects.living().order_by("slug").values_list("slug", flat=True)[:MOST_CHOICES]
        self.fields["agent"].choices = [("", "You"), *((slug, slug) for slug in agents)]  # type: ignore[attr-defined]
        self.fields["tool"].choices = [(slug, slug) for slug in tools]  # type: ignore[attr-defined]


def tried(request: HttpRequest) -> tuple[TryForm, Explanation | None]:
    """The form, and what it told when it was sent."""
    if request.method != "POST":
        return TryForm(), None
    form = TryForm(request.POST)
    if not form.is_valid():
        return form, None
    try:
        return form, explain(_call(caller_behind(request), form.cleaned_data))
    except QuartermasterError as error:
        complain(form, error)
        return form, None


def _call(caller: Caller, values: dict[str, Any]) -> ToolCall:
    return ToolCall(caller=caller_for(caller, values["agent"]), tool=values["tool"], input=values["input"] or {})
