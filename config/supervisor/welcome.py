"""What the newcomer reads when everything runs."""

import json
import shlex
from typing import Any

STOP = "Stop with Ctrl-C."


def greet(address: str, seed: dict[str, Any] | None, *, log_folder: str) -> str:
    lines = ["", f"Quartermaster runs on {address}", f"  admin      {address}/admin/", f"  logs       {log_folder}"]
    if seed:
        lines += ["", show_once(seed)]
    if seed and seed.get("tool"):
        lines += ["", "An agent's first call, ready to paste:", "", curl(address, seed)]
    if seed and seed.get("hook_path"):
        lines += ["", "A first webhook, which calls the same tool:", "", hook(address, seed)]
    return "\n".join([*lines, "", STOP, ""])


def show_once(seed: dict[str, Any] | None) -> str:
    """The secrets that were made by this start; nothing when none were."""
    if not seed:
        return ""
    return (
        "Made for you, and shown only now:\n"
        f"  login      {seed['login']}\n"
        f"  password   {seed['password']}\n"
        f"  agent key  {seed['agent_key']}"
    )


def hook(address: str, seed: dict[str, Any]) -> str:
    url, header = f"{address}{seed['hook_path']}", "Content-Type: application/json"
    return shlex.join(["curl", "-sS", url, "-H", header, "-d", seed["hook_body"]])


def curl(address: str, seed: dict[str, Any]) -> str:
    body = seed["curl_body"] if isinstance(seed["curl_body"], str) else json.dumps(seed["curl_body"])
    url = f"{address}/api/v1/tools/{seed['tool']}/execute/"
    headers = [f"Authorization: Bearer {seed['agent_key']}", "Content-Type: application/json"]
    return shlex.join(["curl", "-sS", "-X", "POST", url, "-H", headers[0], "-H", headers[1], "-d", body])
