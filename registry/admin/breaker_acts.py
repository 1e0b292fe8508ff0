"""Holding circuits in the browser, on the page of a circuit (one version) and of a tool (all of them)."""

from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm
from accounts.chrome.pages import caller_behind
from registry.breakers.hold import LONGEST_REASON, hold_breaker, release_breaker
from registry.models import BreakerHold, Tool, ToolVersion
from registry.models.breaker import Hold


class HoldForm(ActForm):
    hold = forms.ChoiceField(
        label="Hold it",
        choices=[(Hold.OPEN, "Open: refuse every call"), (Hold.CLOSED, "Closed: let every call through")],
        initial=Hold.OPEN,
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"placeholder": "Its vendor has a maintenance window until noon"}),
        help_text="Callers that are refused read it, and so does whoever releases it.",
    )


class _BreakerAct(Act):
    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(pages.may_switch(request))

    def meant(self, subject: Any) -> tuple[Tool, ToolVersion | None]:
        return (subject, None) if isinstance(subject, Tool) else (subject.tool, ToolVersion.objects.get(id=subject.id))


class HoldBreaker(_BreakerAct):
    name = "hold-breaker"
    label = "Hold circuit"
    done = "The circuit is held from the next call on."
    icon = "front_hand"
    form_class: ClassVar[type[ActForm]] = HoldForm

    def offered(self, subject: Any) -> bool:
        return subject.retired_at is None if isinstance(subject, Tool) else True

    def explain(self, subject: Any) -> str:
        which = "all versions" if isinstance(subject, Tool) else "this version"
        return f"Your tenant's calls of {which} follow your word and not how they end, until somebody releases it."

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Any:
        tool, version = self.meant(subject)
        hold, reason = Hold(values["hold"]), values["reason"]
        hold_breaker(tool=tool, version=version, hold=hold, reason=reason, by=caller_behind(request))
        return subject


class ReleaseBreaker(_BreakerAct):
    name = "release-breaker"
    label = "Release circuit"
    done = "The circuit follows its calls again."
    icon = "lock_open"

    def offered(self, subject: Any) -> bool:
        tool, version = self.meant(subject)
        return BreakerHold.objects.filter(tool=tool, tool_version=version).exists()

    def explain(self, subject: Any) -> str:
        return "It opens and closes by itself again, from how calls end."

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Any:
        tool, version = self.meant(subject)
        release_breaker(tool=tool, version=version, by=caller_behind(request))
        return subject
