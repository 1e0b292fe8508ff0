"""A tenant's own limits for a tool that all tenants share, set in the browser."""

from typing import Any

from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm, JsonField
from accounts.chrome.pages import caller_behind
from accounts.models.limits import SHAPES
from registry.models import TenantTool, Tool
from registry.own_limits import set_own_limits


class OwnLimitsForm(ActForm):
    rate_limit = JsonField(
        kind=dict, label="Rate limit", help_text='E.g. {"per_minute": 60, "burst": 10}. Empty: only the platform\'s.'
    )
    concurrency = JsonField(kind=dict, help_text='Calls at the same time, e.g. {"most": 5}.')
    quota = JsonField(kind=dict, help_text='Calls per day and month (UTC), e.g. {"per_day": 1000}.')


class LimitTool(Act):
    name = "limits"
    label = "Own limits"
    button = "Save"
    done = "{subject} has your tenant's limits from the next call on."
    icon = "speed"
    form_class = OwnLimitsForm

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(pages.may_switch(request))

    def offered(self, subject: Tool) -> bool:
        return subject.tenant_id is None and subject.retired_at is None

    def explain(self, subject: Any) -> str:
        return "For your tenant's calls alone, on top of what the platform allows: they can narrow that, not widen it."

    def initial(self, request: HttpRequest, subject: Tool) -> dict[str, Any]:
        own = TenantTool.objects.filter(tool=subject, tenant_id=caller_behind(request).tenant_id).first()
        return {name: getattr(own, name) for name in SHAPES} if own else {}

    def perform(self, request: HttpRequest, subject: Tool, values: dict[str, Any]) -> Tool:
        set_own_limits(tool=subject, by=caller_behind(request), changes=values)
        return subject
