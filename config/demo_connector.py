"""A connector for the demo upstream, so that a newcomer can connect a service without an account anywhere."""

from typing import Any

SLUG = "demo"
KEY = "let-me-in"  # no secret: the form that asks for it says so. No usual word: what a key is, is masked in answers


def document(upstream: str) -> dict[str, Any]:
    """As an imported connector holds it. `upstream`: the demo's address."""
    return {
        "connector": {
            "name": "Demo stores",
            "category": "other",
            "description": "A make-believe service inside this installation: what is in the stores, and ordering more.",
            "base_url": f"{upstream}/stores",
            "auth": {
                "key": {
                    "type": "api_key",
                    "name": "X-Api-Key",
                    "title": "API key",
                    "help": f"It takes only the key `{KEY}`. Try a wrong one, too.",
                }
            },
            "check": {"call": "/whoami", "account": "name"},
            "error_message": "error",
            "per_user": True,
        },
        "actions": ACTIONS,
    }


_ITEM = {"type": "string", "description": "What it is called, e.g. rope.", "required": True}
ACTIONS: dict[str, Any] = {
    "list-items": {
        "description": "List what is in the demo stores, with how much there is of each.",
        "call": "GET /items",
        "parameters": {"contains": {"type": "string", "description": "Only items whose name contains this."}},
        "response": "items",
    },
    "order-item": {
        "description": "Order more of an item for the demo stores. Nothing is really ordered.",
        "call": "POST /items/{item}/orders",
        "parameters": {"item": _ITEM, "amount": {"type": "integer", "minimum": 1, "required": True}},
    },
    "discard-item": {
        "description": "Discard all there is of an item. The demo stores only pretend to.",
        "call": "DELETE /items/{item}",
        "parameters": {"item": _ITEM},
    },
}
