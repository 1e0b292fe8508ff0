"""What the vendors' own libraries say of a request, their clocks standing at the time at which it was signed."""

import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from tests.webhooks.signatures.make_vectors.first_half.request import Request, Take

SCRIPT = Path(__file__).with_name("libraries.cjs")


def standardwebhooks(request: Request) -> None:
    import_module("standardwebhooks").Webhook(request.secret).verify(request.body, request.headers)


def svix(request: Request) -> None:
    import_module("svix.webhooks").Webhook(request.secret).verify(request.body, request.headers)


def openai(request: Request) -> None:
    client = import_module("openai").OpenAI(api_key="none")
    client.webhooks.verify_signature(request.body, request.headers, secret=request.secret)


def resend(request: Request) -> None:
    headers = {name: request.headers[f"svix-{name}"] for name in ("id", "timestamp", "signature")}
    options = {"payload": request.body.decode(), "headers": headers, "webhook_secret": request.secret}
    import_module("resend").Webhooks.verify(options)


def workos(request: Request) -> None:
    client = import_module("workos").WorkOSClient(api_key="none", client_id="none")
    signature = request.headers["WorkOS-Signature"]
    client.webhooks.verify_header(event_body=request.body, event_signature=signature, secret=request.secret)


def square(request: Request) -> object:
    return import_module("square.utils.webhooks_helper").verify_signature(
        request_body=request.body.decode(),
        signature_header=request.headers["x-square-hmacsha256-signature"],
        signature_key=request.secret,
        notification_url=request.url,
    )


def pyairtable(request: Request) -> None:
    notification = import_module("pyairtable.models").WebhookNotification
    notification.from_request(request.body.decode(), request.headers["X-Airtable-Content-MAC"], request.secret)


def in_javascript(vendor: str) -> Take:
    def take(request: Request) -> object:
        now = round(request.at.timestamp() * 1000)
        asked = {"now": now, "secret": request.secret, "headers": request.headers, "body": request.body.decode()}
        command = ["node", "--no-warnings", str(SCRIPT), modules(), vendor]
        return subprocess.run(command, input=json.dumps(asked), text=True, check=False).returncode == 0

    return take


def at_its_time(take: Take, request: Request) -> bool:
    """Whether it is taken at the time at which it was signed."""
    with import_module("time_machine").travel(request.at, tick=False):
        return take(request) is not False


def from_pypi(name: str) -> str:
    return f"{name} {version(name)} (PyPI)"


def from_npm(name: str) -> str:
    package = json.loads((Path(modules()) / "node_modules" / name / "package.json").read_text())
    return f"{name} {package['version']} (npm)"


def modules() -> str:
    """The folder whose node_modules has the libraries for JavaScript."""
    return sys.argv[1]
