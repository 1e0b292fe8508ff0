"""What people do with tools in the browser. Each act calls the verb that the API calls, too."""

from typing import Any

from django import forms
from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.enabling import Disable, Enable
from accounts.chrome.pages import caller_behind
from accounts.tenancy import platform, scope_for
from registry import semver
from registry.admin.forms import RegisterForm, ToolForm, VersionForm, complete
from registry.change import change_tool
from registry.enable import disable_tool, enable_tool
from registry.models import Tool, ToolVersion
from registry.publish import publish_version
from registry.purge import purge_cache
from registry.register import register_tool
from registry.retire import retire_tool


class RegisterTool(Act):
    name = "add"
    label = "Register a tool"
    button = "Register"
    done = "{subject} is registered. Agents can call it from now on."
    icon = "add"
    form_class = RegisterForm

    def explain(self, subject: Any) -> str:
        return "A tool and its first version. The version never changes afterwards: what changes is a new version."

    def form(self, request: HttpRequest, subject: Any, data: Any = None) -> RegisterForm:
        form = RegisterForm(data)
        if caller_behind(request).is_platform_owner:
            form.fields["shared"] = forms.BooleanField(
                label="Shared by all tenants", required=False, help_text="Then only the platform's owner changes it."
            )
        return form

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Tool:
        shared = bool(values.pop("shared", False))
        caller = caller_behind(request)
        with scope_for(None if shared else caller.tenant_id):
            return register_tool(by=caller, spec=complete(values), shared=shared)


class EditTool(Act):
    name = "edit"
    label = "Edit"
    button = "Save"
    done = "{subject} is changed."
    icon = "edit"
    form_class = ToolForm

    def offered(self, subject: Tool) -> bool:
        return subject.retired_at is None

    def explain(self, subject: Any) -> str:
        return "How it is found and how often it may be called. How it is called is in its versions: publish a new one."

    def initial(self, request: HttpRequest, subject: Tool) -> dict[str, Any]:
        return {name: getattr(subject, name) for name in ToolForm.base_fields}

    def perform(self, request: HttpRequest, subject: Tool, values: dict[str, Any]) -> Tool:
        with scope_for(subject.tenant_id):
            return change_tool(tool=subject, by=caller_behind(request), changes=complete(values))


class PublishVersion(Act):
    name = "publish"
    label = "Publish a version"
    button = "Publish"
    done = "Version {subject} is published."
    icon = "publish"
    form_class = VersionForm

    def offered(self, subject: Tool) -> bool:
        return subject.retired_at is None

    def explain(self, subject: Any) -> str:
        return (
            "It starts from the version before it and never changes afterwards. What would break today's callers "
            "needs a new major version."
        )

    def initial(self, request: HttpRequest, subject: Tool) -> dict[str, Any]:
        before = semver.shown(ToolVersion.objects.filter(tool=subject))
        if before is None:
            return {}
        facts = {name: getattr(before, name) for name in VersionForm.base_fields}
        return facts | {"version": str(semver.parsed(before.version).next_minor())}

    def perform(self, request: HttpRequest, subject: Tool, values: dict[str, Any]) -> ToolVersion:
        with scope_for(subject.tenant_id):
            return publish_version(tool=subject, by=caller_behind(request), spec=complete(values))

    def shown_after(self, subject: Any, result: ToolVersion) -> Tool:
        return result.tool


class RetireTool(Act):
    name = "retire"
    label = "Retire"
    done = "{subject} is retired."
    icon = "archive"
    danger = True

    def offered(self, subject: Tool) -> bool:
        return subject.retired_at is None

    def explain(self, subject: Any) -> str:
        return (
            "No agent finds or calls it any more, and its slug is free for another tool. Its versions and executions "
            "stay. This cannot be undone."
        )

    def perform(self, request: HttpRequest, subject: Tool, values: dict[str, Any]) -> Tool:
        with scope_for(subject.tenant_id):
            return retire_tool(tool=subject, by=caller_behind(request))


class PurgeCache(Act):
    name = "purge-cache"
    label = "Purge cache"
    done = "What was kept of {subject}'s answers is thrown away."
    icon = "mop"

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(pages.may_switch(request))

    def offered(self, subject: Tool) -> bool:
        return subject.retired_at is None and any(version.cache_seconds for version in subject.versions.all())

    def explain(self, subject: Tool) -> str:
        whom = "your tenant's calls" if subject.tenant_id is None else "its calls"
        return f"Cached answers are not used for {whom} any more: the next ones are fetched from its service."

    def perform(self, request: HttpRequest, subject: Tool, values: dict[str, Any]) -> Tool:
        purge_cache(tool=subject, by=caller_behind(request))
        return subject


def is_on(tool: Any) -> bool:
    """Whether the tenant's agents can call it: a shared tool can be switched off by a tenant for itself."""
    return bool(tool.enabled and not tool.switched_off)


class EnableTool(Enable):
    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(pages.may_switch(request))

    def offered(self, subject: Any) -> bool:
        return subject.retired_at is None and subject.enabled >= (subject.tenant_id is None) and not is_on(subject)

    def explain(self, subject: Any) -> str:
        return "Agents can call it from the next call on."

    def set_enabled(self, request: HttpRequest, subject: Tool, enabled: bool) -> Tool:
        enable_tool(tool=subject, by=caller_behind(request))
        return subject


class DisableTool(Disable):
    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return bool(pages.may_switch(request))

    def offered(self, subject: Any) -> bool:
        return subject.retired_at is None and is_on(subject)

    def explain(self, subject: Tool) -> str:
        whom = "your tenant's agents" if subject.tenant_id is None else "agents"
        return f"Every call of it by {whom} is refused from the next one on. It can be enabled again."

    def set_enabled(self, request: HttpRequest, subject: Tool, enabled: bool) -> Tool:
        disable_tool(tool=subject, by=caller_behind(request))
        return subject


class EnableForAll(Enable):
    name = "enable-for-all"
    label = "Enable for all tenants"
    in_rows = False

    def offered(self, subject: Any) -> bool:
        return subject.tenant_id is None and subject.retired_at is None and not subject.enabled

    def explain(self, subject: Any) -> str:
        return "Agents of every tenant that has not switched it off itself can call it."

    def set_enabled(self, request: HttpRequest, subject: Tool, enabled: bool) -> Tool:
        with platform():
            enable_tool(tool=subject, by=caller_behind(request))
        return subject


class DisableForAll(Disable):
    name = "disable-for-all"
    label = "Disable for all tenants"
    in_rows = False

    def offered(self, subject: Any) -> bool:
        return subject.tenant_id is None and subject.retired_at is None and subject.enabled

    def explain(self, subject: Any) -> str:
        return "Every call of it, by agents of all tenants, is refused from the next one on."

    def set_enabled(self, request: HttpRequest, subject: Tool, enabled: bool) -> Tool:
        with platform():
            disable_tool(tool=subject, by=caller_behind(request))
        return subject
