"""Whether a run whose holders were lost may be redriven without a look at what they did."""

from registry.execution.repeating import is_version_safe_to_repeat
from webhooks.models import WebhookRun
from webhooks.models.route import Target
from webhooks.runs.call import execution_of


def may_repeat(run: WebhookRun) -> bool:
    """No call was made, or its tool is safe to repeat. What an agent has done before it fell silent nobody knows."""
    if run.target == Target.AGENT:
        return False
    execution = execution_of(run)
    if execution is None:
        return True
    return execution.tool_version is not None and is_version_safe_to_repeat(execution.tool_version)
