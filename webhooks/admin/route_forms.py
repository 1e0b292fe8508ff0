"""The form of a route: which events, what happens, and how it is tried."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django import forms

from accounts.chrome.forms import ActForm, JsonField, WordsField, slug_field
from accounts.models import Agent
from integrations.entering import PLAIN
from registry.admin.conditions import ConditionsField, ConditionsWidget
from registry.models import Tool
from webhooks.models import WebhookRoute, WebhookSource
from webhooks.models.route import Target

MOST_CHOICES = 500
OWN_AGENT = "an agent of its own"
ANY_SOURCE = "any source"


class TemplateField(JsonField):
    """A JSON object, or one expression: `{{ body.data }}`."""

    def clean(self, value: Any) -> Any:
        text = (value or "").strip()
        return text if text.startswith("{{") else super().clean(text)


class RouteForm(ActForm):
    name = forms.CharField(max_length=200, help_text="As people read it, e.g. Paid invoices into the CRM.")
    source = forms.ChoiceField(required=False)
    event_types = WordsField(
        label="Event types", example="invoice.paid, charge.*", help_text="`*` stands for any letters. Empty: any type."
    )
    conditions = ConditionsField(
        required=False,
        initial=[],
        widget=ConditionsWidget("$.body.amount"),
        label="Only when the event is like this",
        help_text="All rows must hold; an empty row says nothing. `$.body.data.amount` is in the body, `$.headers` and "
        "`$.query` are beside it. What is missing does not fit. Several values have commas between them.",
    )
    target = forms.ChoiceField(
        label="Then",
        choices=((Target.TOOL, "Call a tool"), (Target.AGENT, "Let an agent fetch it")),
        initial=Target.TOOL,
    )
    agent = forms.ChoiceField(required=False, help_text="As whom the tool is called, or who fetches the event.")
    tool = forms.CharField(
        max_length=64,
        required=False,
        help_text="Its slug.",
        widget=forms.TextInput(attrs={**PLAIN, "list": "known-tools"}),
    )
    operation = forms.CharField(
        max_length=100, required=False, help_text="Where the tool has several.", widget=forms.TextInput(attrs=PLAIN)
    )
    input = TemplateField(
        kind=dict,
        rows=6,
        label="The tool's input",
        help_text='What stands between braces is read from the event: `{"message": "{{ body.user.name }} has paid"}`. '
        "Empty: the event's body itself.",
    )
    version = forms.CharField(
        max_length=64,
        required=False,
        help_text="A range such as ^1.2. Empty: the usual one.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    end_user = forms.CharField(
        label="For the end user",
        max_length=500,
        required=False,
        help_text="JMESPath, e.g. body.user.id. Empty: for nobody in particular.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    order = forms.IntegerField(initial=100, help_text="The lowest is looked at first.")
    goes_on = forms.BooleanField(
        label="Look at the routes behind it, too",
        required=False,
        initial=True,
        help_text="Otherwise an event that it takes is no other route's.",
    )
    ordered_by = forms.CharField(
        label="In order by",
        max_length=500,
        required=False,
        help_text="JMESPath, e.g. body.customer: events of the same value are handled one after the other.",
        widget=forms.TextInput(attrs=PLAIN),
    )
    concurrency = forms.IntegerField(label="At the same time", initial=5, min_value=1)
    timeout_ms = forms.IntegerField(label="Timeout (ms)", required=False, min_value=1, help_text="Empty: the tool's.")
    schedule = JsonField(
        kind=list, help_text="Seconds before each attempt, e.g. [0, 5, 300]. Empty: ten attempts in 75 hours."
    )
    sections: ClassVar[Sequence[tuple[str, Sequence[str]]]] = (
        ("Which events", ("source", "event_types", "conditions")),
        ("What happens", ("target", "agent", "tool", "operation", "input")),
        ("Among other routes", ("order", "ordered_by", "goes_on")),
        ("More about the call", ("version", "end_user", "timeout_ms", "concurrency", "schedule")),
    )
    folded = frozenset({"More about the call", "Among other routes"})
    halves = frozenset(
        {
            *("name", "slug", "source", "event_types", "target", "agent", "tool", "operation"),
            *("version", "end_user"),
            *("order", "ordered_by", "concurrency", "timeout_ms"),
        }
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        sources = _slugs(WebhookSource.objects.living())
        agents = _slugs(Agent.objects.filter(enabled=True))
        self.fields["source"].choices = [("", ANY_SOURCE), *sources]  # type: ignore[attr-defined]
        self.fields["agent"].choices = [("", OWN_AGENT), *agents]  # type: ignore[attr-defined]

    @property
    def known_tools(self) -> list[str]:
        """What the browser completes."""
        tools = Tool.objects.living().filter(enabled=True).order_by("slug")
        return list(tools.values_list("slug", flat=True)[:MOST_CHOICES])


class NewRouteForm(RouteForm):
    slug = slug_field("paid-to-crm", "As the API knows it. It cannot be changed later.")
    field_order = ("name", "slug")


def facts_in(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the verbs want them: null where any source, or an agent of its own, is meant."""
    return {**values, "source": values["source"] or None, "agent": values["agent"] or None}


def facts_of(route: WebhookRoute) -> dict[str, Any]:
    """What a form of it begins with."""
    facts = {name: getattr(route, name) for name in RouteForm.base_fields}
    return {**facts, "source": route.source.slug if route.source else "", "agent": route.agent.slug}


def _slugs(rows: Any) -> list[tuple[str, str]]:
    return [(slug, slug) for slug in rows.order_by("slug").values_list("slug", flat=True)[:MOST_CHOICES]]
