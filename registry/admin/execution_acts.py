"""What people do with executions in the browser."""

from typing import Any

from django.http import HttpRequest

from accounts.chrome.acts import Act
from accounts.chrome.pages import caller_behind
from accounts.roles import Right
from accounts.tenancy import scope_for
from registry.cancel import cancel_execution
from registry.models import Execution
from registry.models.execution import UNFINISHED, Status


class CancelExecution(Act):
    name = "cancel"
    label = "Cancel"
    button = "Cancel it"
    done = "It is cancelled, or will be in a moment."
    icon = "stop_circle"
    danger = True

    def allowed(self, request: HttpRequest, pages: Any, subject: Any) -> bool:
        return caller_behind(request).may(Right.CALL)

    def offered(self, subject: Execution) -> bool:
        return subject.status in UNFINISHED and subject.cancel_requested_at is None

    def explain(self, subject: Execution) -> str:
        if subject.status == Status.PENDING:
            return "It has not been sent and will not be. Its caller is told that it was cancelled."
        return (
            "The connection to the tool's service is closed. What the service has done by then stays done: look there "
            "when that matters."
        )

    def perform(self, request: HttpRequest, subject: Execution, values: dict[str, Any]) -> Execution:
        with scope_for(subject.tenant_id):
            return cancel_execution(execution=subject, by=caller_behind(request))
