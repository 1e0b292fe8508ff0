"""Makes vectors of the second half of the schemes, from their samples.

They are signed as each vendor's page says, and the vendor's own library has to take them where there is one. From the
root of the project:

    uv venv sdks
    uv pip install -p sdks pyyaml paddle-python-sdk gocardless-pro line-bot-sdk box-sdk-gen razorpay aiogram
    npm install --prefix sdks @mux/mux-node
    sdks/bin/python -m tests.webhooks.signatures.make_vectors.second_half sdks/node_modules

Vectors that vendors published are in the files already, and stay.
"""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module, metadata
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl

import yaml

from integrations.documents import read_document

VECTORS = Path(__file__).parent.parent / "vectors"
SAMPLES = Path(__file__).parents[4] / "webhooks" / "samples"
SCHEMES = SAMPLES.parent / "schemes"
URL = "https://hooks.globex.example/hooks/5Yk2mQ9xW7rT/"
AT, STAMP, ISO_STAMP = "2026-03-12T10:15:31Z", "1773310530", "2026-03-12T10:15:30Z"
SECRET, RETIRED = "jV4nQ8wZ+2kT/7rXc5mB9yLpD3fH6sGa", "rT7xW2kQ9mYc5vB8nZ4pL1dF6hJ3sGaE"
SECRETS = {"microsoft-graph": "made-up-client-state"}
ROTATING = {"box", "docusign", "hookdeck", "paddle"}
MADE = "made"

Keys = tuple[str, ...]
"""One of them, or the one that is being replaced and the one that comes after it."""

Headers = dict[str, str]


def mac(key: str, text: bytes, algorithm: str = "sha256") -> bytes:
    key_option = f"hexkey:{key.encode().hex()}"
    command = [program("openssl"), "dgst", f"-{algorithm}", "-mac", "HMAC", "-macopt", key_option, "-binary"]
    return subprocess.run(command, input=text, capture_output=True, check=True).stdout


def program(name: str) -> str:
    return shutil.which(name) or name


def in_hex(name: str, algorithm: str = "sha256") -> Callable[[bytes, Keys], Headers]:
    return lambda body, keys: {name: mac(keys[0], body, algorithm).hex()}


def in_base64(*names: str, prefix: str = "") -> Callable[[bytes, Keys], Headers]:
    """One header for each key."""
    return lambda body, keys: {
        name: prefix + base64.b64encode(mac(key, body)).decode() for name, key in zip(names, keys, strict=False)
    }


def with_time(name: str, time: str, signature: str) -> Callable[[bytes, Keys], Headers]:
    return lambda body, keys: {name: f"{time}={STAMP},{signature}={mac(keys[0], stamped('.', body)).hex()}"}


def stamped(glue: str, body: bytes) -> bytes:
    return f"{STAMP}{glue}".encode() + body


def paddle(body: bytes, keys: Keys) -> Headers:
    signatures = "".join(f";h1={mac(key, stamped(':', body)).hex()}" for key in keys)
    return {"Paddle-Signature": f"ts={STAMP}{signatures}"}


def box(body: bytes, keys: Keys) -> Headers:
    signatures = in_base64("Box-Signature-Primary", "Box-Signature-Secondary")(body + ISO_STAMP.encode(), keys)
    return {"Box-Delivery-Timestamp": ISO_STAMP, **signatures}


def customer_io(body: bytes, keys: Keys) -> Headers:
    return {"X-CIO-Timestamp": STAMP, "X-CIO-Signature": mac(keys[0], b"v0:" + stamped(":", body)).hex()}


def mandrill(body: bytes, keys: Keys) -> Headers:
    fields = "".join(name + value for name, value in sorted(parse_qsl(body.decode())))
    return {"X-Mandrill-Signature": base64.b64encode(mac(keys[0], (URL + fields).encode(), "sha1")).decode()}


RECIPES: dict[str, Callable[[bytes, Keys], Headers]] = {
    "box": box,
    "buildkite": with_time("X-Buildkite-Signature", "timestamp", "signature"),
    "circleci": lambda body, keys: {"Circleci-Signature": f"v1={mac(keys[0], body).hex()}"},
    "cloudflare": lambda body, keys: {"cf-webhook-auth": keys[0]},
    "cloudflare-stream": with_time("Webhook-Signature", "time", "sig1"),
    "customer-io": customer_io,
    "docusign": in_base64("X-DocuSign-Signature-1", "X-DocuSign-Signature-2"),
    "dropbox": in_hex("X-Dropbox-Signature"),
    "gocardless": in_hex("Webhook-Signature"),
    "heroku": in_base64("Heroku-Webhook-Hmac-SHA256"),
    "hookdeck": in_base64("X-Hookdeck-Signature", "X-Hookdeck-Signature-2"),
    "lemon-squeezy": in_hex("X-Signature"),
    "line": in_base64("X-Line-Signature"),
    "mandrill": mandrill,
    "microsoft-graph": lambda body, keys: {},
    "mux": with_time("Mux-Signature", "t", "v1"),
    "paddle": paddle,
    "razorpay": in_hex("X-Razorpay-Signature"),
    "segment": in_hex("X-Signature", "sha1"),
    "sentry": in_hex("Sentry-Hook-Signature"),
    "telegram": lambda body, keys: {"X-Telegram-Bot-Api-Secret-Token": keys[0]},
    "vercel": in_hex("X-Vercel-Signature", "sha1"),
    "woocommerce": in_base64("X-WC-Webhook-Signature"),
    "x": in_base64("X-Twitter-Webhooks-Signature", prefix="sha256="),
}


def paddle_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    notifications: Any = import_module("paddle_billing.Notifications")
    request, secret = SimpleNamespace(headers=headers, body=body), notifications.Secret(keys[-1])
    return bool(notifications.Verifier().verify(request, secret, verify_time_drift=False))


def gocardless_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    return bool(import_module("gocardless_pro.webhooks").parse(body, keys[0], headers["Webhook-Signature"]))


def line_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    validator = import_module("linebot.v3.webhook").SignatureValidator(keys[0])
    return bool(validator.validate(body.decode(), headers["X-Line-Signature"]))


def box_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    webhooks: Any = import_module("box_sdk_gen.managers.webhooks")
    small = {name.lower(): value for name, value in headers.items()}
    with patch.object(webhooks, "get_epoch_time_in_seconds", lambda: int(STAMP) + 1):
        return bool(webhooks.WebhooksManager.validate_message(body.decode(), small, keys[0], secondary_key=keys[-1]))


def razorpay_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    utility = import_module("razorpay.utility.utility").Utility()
    return bool(utility.verify_webhook_signature(body.decode(), headers["X-Razorpay-Signature"], keys[0]))


def telegram_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    server: Any = import_module("aiogram.webhook.aiohttp_server")
    handler = server.SimpleRequestHandler(import_module("aiogram").Dispatcher(), None, secret_token=keys[0])
    return bool(handler.verify_secret(headers["X-Telegram-Bot-Api-Secret-Token"], None))


MUX = """
const [modules, body, signature, secret, seconds] = process.argv.slice(1);
Date.now = () => seconds * 1000;
const {Mux} = require(`${modules}/@mux/mux-node`);
const webhooks = new Mux({tokenId: "none", tokenSecret: "none"}).webhooks;
webhooks.verifySignature(body, {"mux-signature": signature}, secret).catch(() => process.exit(1));
"""


def mux_takes(headers: Headers, body: bytes, keys: Keys) -> bool:
    arguments = [str(node_modules()), body.decode(), headers["Mux-Signature"], keys[0], STAMP]
    return subprocess.run([program("node"), "-e", MUX, *arguments], check=False).returncode == 0


def node_modules() -> Path:
    return Path(sys.argv[1]).resolve()


LIBRARIES: dict[str, tuple[str, Callable[[Headers, bytes, Keys], bool]]] = {
    "box": ("box-sdk-gen", box_takes),
    "gocardless": ("gocardless-pro", gocardless_takes),
    "line": ("line-bot-sdk", line_takes),
    "mux": ("@mux/mux-node", mux_takes),
    "paddle": ("paddle-python-sdk", paddle_takes),
    "razorpay": ("razorpay", razorpay_takes),
    "telegram": ("aiogram", telegram_takes),
}


def version(library: str) -> str:
    if not library.startswith("@"):
        return metadata.version(library)
    return str(json.loads((node_modules() / library / "package.json").read_text())["version"])


def body_of(sample: dict[str, Any], place: int) -> str:
    """The first one tight; the others with blanks, a line at their end and letters of several bytes."""
    body = sample["body"]
    if isinstance(body, str):
        return body
    if place == 0:
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    return json.dumps({**body, "remark": "naïve ☕ 🙂 </a>"}, indent=2, ensure_ascii=False) + "\n"


def vector(slug: str, sample: dict[str, Any], place: int) -> dict[str, Any]:
    body = body_of(sample, place)
    secret = SECRETS.get(slug, SECRET)
    keys = (RETIRED, secret) if place and slug in ROTATING else (secret,)
    headers = sample["headers"] | RECIPES[slug](body.encode(), keys)
    return {
        "name": sample["name"] + (", while a secret is replaced" if len(keys) > 1 else ""),
        "source": source(slug, headers, body.encode(), keys),
        "secrets": [secret],
        "url": URL,
        "headers": headers,
        "body": body,
        "at": AT,
        "event": {key: sample[key] for key in ("id", "type") if key in sample},
    }


def source(slug: str, headers: Headers, body: bytes, keys: Keys) -> str:
    if slug not in LIBRARIES:
        return f"{MADE} as {read(SCHEMES, slug)['docs']} says"
    library, takes = LIBRARIES[slug]
    if not takes(headers, body, keys):
        raise SystemExit(f"{library} does not take a vector of {slug}.")
    return f"{MADE} as its page says, and taken by {library} {version(library)}"


def write(slug: str) -> None:
    file = VECTORS / f"{slug}.yaml"
    there = read(VECTORS, slug) if file.exists() else []
    published = [vector for vector in there if not vector["source"].startswith(MADE)]
    made = [vector(slug, sample, place) for place, sample in enumerate(read(SAMPLES, slug))]
    file.write_text(yaml.safe_dump(published + made, allow_unicode=True, sort_keys=False, width=110))


def read(folder: Path, slug: str) -> Any:
    return read_document((folder / f"{slug}.yaml").read_bytes())


if __name__ == "__main__":
    for slug in RECIPES:
        write(slug)
