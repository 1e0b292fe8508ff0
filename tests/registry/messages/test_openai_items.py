"""Items that a runtime has to run itself."""

import json
from typing import Any

import pytest

from accounts.models import Tenant
from tests.corridor import Corridor
from tests.registry.batches.answering import Answering
from tests.registry.batches.conftest import upstream
from tests.registry.execution.rows import executions
from tests.registry.messages.doors import to_openai
from tests.registry.messages.shapes import responses

__all__ = ["upstream"]
pytestmark = pytest.mark.django_db(transaction=True)


def test_it_says_in_the_shape_of_each_that_a_runtimes_own_tool_is_not_ours(
    acme: Tenant, corridor: Corridor, upstream: Answering
) -> None:
    shell = {"action": {"type": "exec", "command": ["ls"], "env": {}}, "status": "completed"}
    program = {"type": "program", "caller_id": "p_1"}
    answer = responses(
        {"type": "local_shell_call", "id": "lsh_1", "call_id": "call_1", **shell},
        {
            "type": "shell_call",
            "id": "sh_1",
            "call_id": "call_2",
            "action": {"commands": ["ls"]},
            "status": "completed",
        },
        {
            "type": "apply_patch_call",
            "id": "ap_1",
            "call_id": "call_3",
            "operation": {"type": "delete_file", "path": "a"},
            "status": "completed",
            "caller": program,
        },
    )
    told = (
        "native_tool: `{}` is a tool of your own runtime, and none of Quartermaster's. Whoever runs you has to run it "
        "and send its result."
    )
    assert to_openai(corridor, answer)["input"] == [
        {
            "type": "local_shell_call_output",
            "id": "call_1",
            "output": json.dumps({"error": told.format("local_shell")}),
            "status": "incomplete",
        },
        {
            "type": "shell_call_output",
            "call_id": "call_2",
            "output": [
                {"stdout": "", "stderr": told.format("shell"), "outcome": {"type": "exit", "exit_code": 127}},
            ],
        },
        {
            "type": "apply_patch_call_output",
            "call_id": "call_3",
            "status": "failed",
            "output": told.format("apply_patch"),
            "caller": program,
        },
    ]
    assert (upstream.received, executions(acme)) == ([], [])


@pytest.mark.parametrize(
    "item",
    [
        {"type": "computer_call", "call_id": "a"},
        {"type": "shell_call", "call_id": "a", "environment": {"type": "container_reference", "container_id": "c"}},
        {"type": "web_search_call", "id": "a"},
        {"type": ["function_call"]},
        {},
    ],
)
def test_it_leaves_alone_what_it_cannot_answer(item: Any, corridor: Corridor) -> None:
    assert to_openai(corridor, {"output": [item]}) == {"input": []}
