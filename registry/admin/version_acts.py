"""Taking versions back in the browser."""

from typing import Any

from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.forms import ActForm, TimeField
from accounts.chrome.pages import caller_behind
from accounts.tenancy import scope_for
from registry.models import ToolVersion
from registry.models.version import VersionState
from registry.sunset import deprecate_version, retire_version


class DeprecateForm(ActForm):
    sunset_at = TimeField(label="Retire it at (UTC)", help_text="Empty: it stays deprecated until somebody retires it.")


class DeprecateVersion(Act):
    name = "deprecate"
    label = "Deprecate"
    done = "The version is deprecated."
    icon = "event_busy"
    form_class = DeprecateForm

    def offered(self, subject: ToolVersion) -> bool:
        return subject.state != VersionState.RETIRED

    def explain(self, subject: Any) -> str:
        return "Calls get it only when no published version fits what they ask for."

    def initial(self, request: HttpRequest, subject: ToolVersion) -> dict[str, Any]:
        return {"sunset_at": subject.sunset_at}

    def perform(self, request: HttpRequest, subject: ToolVersion, values: dict[str, Any]) -> ToolVersion:
        with scope_for(subject.tenant_id):
            return deprecate_version(version=subject, by=caller_behind(request), sunset_at=values["sunset_at"])


class RetireVersion(Act):
    name = "retire"
    label = "Retire"
    done = "The version is retired."
    icon = "archive"
    danger = True

    def offered(self, subject: ToolVersion) -> bool:
        return subject.state != VersionState.RETIRED

    def explain(self, subject: Any) -> str:
        return "No call is given to it any more, not even one that asks for exactly this version. It cannot be undone."

    def perform(self, request: HttpRequest, subject: ToolVersion, values: dict[str, Any]) -> ToolVersion:
        with scope_for(subject.tenant_id):
            return retire_version(version=subject, by=caller_behind(request))
