"""The two acts of everything that has a switch."""

from typing import Any, ClassVar

from django.http import HttpRequest

from accounts.chrome.acts import Act


class Switch(Act):
    """Sets `enabled` through the verb of a subclass."""

    in_rows = True
    turns_on: ClassVar[bool]

    def offered(self, subject: Any) -> bool:
        return subject.enabled is not self.turns_on

    def perform(self, request: HttpRequest, subject: Any, values: dict[str, Any]) -> Any:
        return self.set_enabled(request, subject, self.turns_on)

    def set_enabled(self, request: HttpRequest, subject: Any, enabled: bool) -> Any:
        raise NotImplementedError


class Enable(Switch):
    name = "enable"
    label = "Enable"
    done = "{subject} is enabled."
    icon = "play_arrow"
    turns_on = True


class Disable(Switch):
    name = "disable"
    label = "Disable"
    done = "{subject} is disabled."
    icon = "pause"
    danger = True
    turns_on = False
