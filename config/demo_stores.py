"""The make-believe service of the demo upstream, below /stores: it wants a key, and keeps nothing."""

import json
from typing import Any
from urllib.parse import unquote

from config.demo_connector import KEY

ITEMS = {"biscuits": 240, "lanterns": 12, "limes": 90, "rope": 36, "sailcloth": 8}

Answer = tuple[int, dict[str, Any]]


def answer(method: str, path: str, query: dict[str, list[str]], key: str, body: bytes) -> Answer:
    """Of a path below /stores."""
    if key != KEY:
        return 401, {"error": f"This key is not known. The demo takes the key {KEY}."}
    match [method, *path.strip("/").split("/")]:
        case ["GET", "whoami"]:
            return 200, {"name": "the demo's quartermaster"}
        case ["GET", "items"]:
            return 200, {"items": _found(query.get("contains", [""])[0].lower())}
        case ["POST", "items", item, "orders"]:
            return _known(unquote(item), {"ordered": _amount(body)})
        case ["DELETE", "items", item]:
            return _known(unquote(item), {"discarded": ITEMS.get(unquote(item), 0)})
    return 404, {"error": "The demo stores know /whoami, /items, /items/{item} and /items/{item}/orders."}


def _found(contains: str) -> list[dict[str, Any]]:
    return [{"item": item, "amount": amount} for item, amount in ITEMS.items() if contains in item]


def _known(item: str, done: dict[str, Any]) -> Answer:
    if item not in ITEMS:
        return 404, {"error": f"There is no such item. There are: {', '.join(ITEMS)}."}
    return 200, {"item": item, **done}


def _amount(body: bytes) -> Any:
    try:
        said = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return said.get("amount") if isinstance(said, dict) else None
