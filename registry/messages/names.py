"""What a model calls a tool.

A name is the tool's slug, or the slug with `_` for `-`, where a provider takes no dash. A slug never holds `_`, so a
name means one tool at most, and no two tools can ever have the same name. Capital letters are part of no slug: `Bash`
is the runtime's own tool, whether or not there is a tool `bash`.
"""

LONGEST_NAME = 170

# What runtimes bring along and run themselves. Anthropic's client tools:
# https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
NATIVE = frozenset(
    [
        *("bash", "computer", "memory", "str_replace_based_edit_tool", "str_replace_editor"),
        *("Agent", "AskUserQuestion", "Bash", "BashOutput", "Edit", "ExitPlanMode", "Glob", "Grep", "KillShell", "LS"),
        *("MultiEdit", "NotebookEdit", "NotebookRead", "Read", "Skill", "SlashCommand", "Task", "TodoRead"),
        *("TodoWrite", "ToolSearch", "WebFetch", "WebSearch", "Write"),
        *("apply_patch", "local_shell", "shell"),
    ]
)


def slug_of(name: str) -> str:
    return name.replace("_", "-")


def is_native(name: str) -> bool:
    return name in NATIVE


def of_the_runtime(name: str) -> str:
    """What the model is told that calls such a tool."""
    return (
        f"native_tool: `{name}` is a tool of your own runtime, and none of Quartermaster's. "
        "Whoever runs you has to run it and send its result."
    )
