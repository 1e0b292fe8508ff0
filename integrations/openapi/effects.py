"""What an operation does to the service, where its method does not say so: by the verbs that it is named with."""

from integrations.openapi.names import words_of

_DESTROYS = frozenset(
    (
        "delete",
        "remove",
        "destroy",
        "purge",
        "erase",
        "wipe",
        "revoke",
        "terminate",
        "drop",
        "truncate",
        "cancel",
        "deregister",
    )
)
_WRITES = frozenset(
    (
        *("create", "update", "set", "put", "add", "modify", "send", "start", "stop", "run", "enable", "disable"),
        *("attach", "detach", "associate", "disassociate", "register", "reboot", "reset", "restore", "replace"),
        *("assign", "unassign", "allocate", "release", "authorize", "apply", "accept", "reject", "move", "upload"),
        *("insert", "patch", "edit", "approve", "publish", "archive", "invite", "join", "leave", "kick"),
    )
)
_SEARCHES = frozenset({"search", "query", "find", "count", "lookup"})
_PREFIXES = frozenset({"get", "post", "head", "api", "v1", "v2", "v3"})


def effect_of(method: str, path: str, operation_id: str) -> str:
    """`read`, `write` or `destructive`; empty: what the method means (RFC 9110, 9.2.1)."""
    verbs = _verbs(path, operation_id)
    if method in ("get", "head"):
        # Some call everything with GET: a name that says otherwise is believed.
        return "destructive" if verbs & _DESTROYS else "write" if verbs & _WRITES else ""
    if method in ("post", "put", "patch") and verbs & _DESTROYS:
        return "destructive"
    if method == "post" and _last_word(path) in _SEARCHES:
        return "read"
    return ""


def _verbs(path: str, operation_id: str) -> set[str]:
    """The first word of the operation's name, and the last of its path where that is a name."""
    named = [word for word in words_of(operation_id[:200]) if word not in _PREFIXES]
    return {*named[:1], _last_word(path)}


def _last_word(path: str) -> str:
    last = path.rstrip("/").rpartition("/")[2]
    words = [] if last.endswith("}") else words_of(last)
    return words[-1] if words else ""
