"""The section "Limits" on the pages of tools, agents and tenants: what is set, and how much of it is in use."""

import math
from collections.abc import Sequence

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from accounts.chrome.pages import caller_behind
from accounts.chrome.related import offer_panel
from accounts.models import Agent, Tenant
from registry.limits.use import Use, use_of_agent, use_of_tenant, use_of_tool
from registry.models import Tool

_WHOSE = {"tool": "Tool", "own": "Your tenant", "agent": "Agent", "tenant": "Tenant"}


def tool_panel(request: HttpRequest, tool: Tool) -> SafeString:
    return _drawn(request, use_of_tool(tool, caller_behind(request).tenant_id))


def agent_panel(request: HttpRequest, agent: Agent) -> SafeString:
    return _drawn(request, use_of_agent(agent))


def tenant_panel(request: HttpRequest, tenant: Tenant) -> SafeString:
    return _drawn(request, use_of_tenant(tenant))


def _drawn(request: HttpRequest, uses: Sequence[Use]) -> SafeString:
    rows = [{"use": use, "whose": _WHOSE[use.bound.subject.word], "share": _share(use)} for use in uses]
    return render_to_string("admin/registry/limits.html", {"rows": rows}, request)


def _share(use: Use) -> int:
    """Of a hundred, for the bar."""
    return min(100, math.ceil(100 * use.used / use.bound.most)) if use.used else 0


offer_panel(Tool, tool_panel)
offer_panel(Agent, agent_panel)
offer_panel(Tenant, tenant_panel)
