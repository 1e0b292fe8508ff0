"""What the children find in their environment beyond what we found in ours."""

import ipaddress
import socket
from collections.abc import Mapping
from pathlib import Path

from config.supervisor.options import Options

DEMO_TENANT = "demo"
KEY_FILES = ("VAULT_KEY_FILE", "VAULT_PREVIOUS_KEY_FILE", "EMBEDDER_API_KEY_FILE")
LOCAL = ("localhost", "127.0.0.1", "[::1]")


def child_environment(options: Options, environment: Mapping[str, str], demo: socket.socket | None) -> dict[str, str]:
    found = {
        **environment,
        "DATA_DIR": str(options.data_dir),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    for name in KEY_FILES:
        if environment.get(name):
            # The children run in another folder.
            found[name] = str(Path(environment[name]).absolute())
    if not environment.get("ALLOWED_HOSTS") and _names_one_address(options.host):
        found["ALLOWED_HOSTS"] = ",".join(dict.fromkeys([*LOCAL, _in_a_url(options.host)]))
    return {**found, **_demo(environment, demo)} if demo is not None else found


def _demo(environment: Mapping[str, str], demo: socket.socket) -> dict[str, str]:
    """The demo tenant alone may reach this one port of this machine."""
    port = demo.getsockname()[1]
    allowed = [environment.get("EGRESS_ALLOW_NETWORKS", ""), f"{DEMO_TENANT}@127.0.0.1/32:{port}"]
    return {
        "DEMO_UPSTREAM_URL": f"http://127.0.0.1:{port}",
        "EGRESS_ALLOW_NETWORKS": ",".join(filter(None, allowed)),
    }


def _names_one_address(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return bool(host)


def _in_a_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
