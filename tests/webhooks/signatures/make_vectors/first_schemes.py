"""Makes vectors of the schemes that the engine was built with, from their samples.

The vendor's own library signs them, or has to take what was signed as the vendor's page says. From the root of the
project:

    uv venv sdks
    uv pip install -p sdks pyyaml cryptography stripe slack_sdk standardwebhooks svix pynacl twilio hubspot-api-client \
        discord-interactions sendgrid mailgun Adyen paypalrestsdk pywa
    npm install --prefix sdks @octokit/webhooks-methods @notionhq/client @zoom/rivet
    sdks/bin/python -m tests.webhooks.signatures.make_vectors.first_schemes sdks

Vectors that vendors published are in the files already, and stay.
"""

import base64
import hashlib
import hmac
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from tests.webhooks.signatures.make_vectors.certificates import certificate
from tests.webhooks.signatures.make_vectors.libraries import PAGE, made, made_by_npm, node, taken, taken_by_npm

VECTORS = Path(__file__).parent.parent / "vectors"
SAMPLES = Path(__file__).parents[4] / "webhooks" / "samples"
URL = "https://hooks.acme.example/hooks/d41f6b0c/"
AT = datetime(2026, 11, 20, 9, 30, 2, tzinfo=UTC)
SIGNED_AT = AT - timedelta(seconds=2)
STAMP = str(int(SIGNED_AT.timestamp()))
SECRET, RETIRED = "3c7b5f0e1d2a49688f6b0a1c2d3e4f50", "9a8b7c6d5e4f30211203f4e5d6c7b8a9"
STANDARD = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
SDKS = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("sdks")
ROOT = "A root for tests"


@dataclass(frozen=True)
class Event:
    """A sample of the scheme."""

    name: str
    headers: Mapping[str, str]
    body: str
    facts: Mapping[str, str | None]


Signed = dict[str, Any]
"""What a vector has besides its event."""


def stripe(event: Event) -> Iterator[Signed]:
    sdk = import_module("stripe")
    v1 = sdk.WebhookSignature._compute_signature(f"{STAMP}.{event.body}", SECRET)
    older = sdk.WebhookSignature._compute_signature(f"{STAMP}.{event.body}", RETIRED)
    for header in (f"t={STAMP},v1={v1},v0={older}", f"t={STAMP},v1={older},v1={v1}"):
        assert sdk.WebhookSignature.verify_header(event.body, header, SECRET, None)
        yield {"secrets": [SECRET], "headers": {"Stripe-Signature": header}, "source": made("stripe")}


def github(event: Event) -> Iterator[Signed]:
    script = "import { sign } from '@octokit/webhooks-methods'; print(await sign(input.secret, input.body));"
    signature = node(SDKS, script, body=event.body, secret=SECRET)
    headers = {"X-Hub-Signature-256": signature}
    yield {"secrets": [SECRET], "headers": headers, "source": made_by_npm(SDKS, "@octokit/webhooks-methods")}


def slack(event: Event) -> Iterator[Signed]:
    verifier = import_module("slack_sdk.signature").SignatureVerifier(SECRET)
    signature = verifier.generate_signature(timestamp=STAMP, body=event.body)
    headers = {"X-Slack-Request-Timestamp": STAMP, "X-Slack-Signature": signature}
    yield {"secrets": [SECRET], "headers": headers, "source": made("slack_sdk")}


def standard_webhooks(event: Event) -> Iterator[Signed]:
    id_ = event.headers["webhook-id"]
    for library, prefix in (("standardwebhooks", "webhook"), ("svix", "svix")):
        signature = import_module(f"{library}.webhooks").Webhook(STANDARD).sign(id_, SIGNED_AT, event.body)
        several = f"v1,AAAA v1a,BBBB {signature}"
        headers = {f"{prefix}-id": id_, f"{prefix}-timestamp": STAMP, f"{prefix}-signature": several}
        yield {"secrets": [STANDARD], "headers": headers, "source": made(library), "without": ["webhook-id"]}


def standard_webhooks_ed25519(event: Event) -> Iterator[Signed]:
    key = import_module("nacl.signing").SigningKey(hashlib.sha256(SECRET.encode()).digest())
    signature = key.sign(f"{event.headers['webhook-id']}.{STAMP}.{event.body}".encode()).signature
    headers = {"webhook-timestamp": STAMP, "webhook-signature": f"v1a,{base64.b64encode(signature).decode()}"}
    public = f"whpk_{base64.b64encode(bytes(key.verify_key)).decode()}"
    yield {"secrets": [public], "headers": headers, "source": f"made as its page says, with {made('pynacl')[10:]}"}


def twilio(event: Event) -> Iterator[Signed]:
    validator = import_module("twilio.request_validator").RequestValidator(SECRET)
    form = "json" not in event.headers["Content-Type"]
    url = URL if form else f"{URL}?bodySHA256={validator.compute_hash(event.body)}"
    fields = dict(import_module("urllib.parse").parse_qsl(event.body)) if form else {}
    for algorithm in ("HMAC_SHA1", "HMAC_SHA256"):
        signature = validator.compute_signature(url, fields, algorithm)
        assert validator.validate(url, fields if form else event.body, signature, algorithm)
        headers = {"X-Twilio-Signature": signature}
        if algorithm == "HMAC_SHA256":
            headers["X-Twilio-Webhooks-Signature-Settings"] = f"key=webhooks_sharedkey_1,algorithm={algorithm}"
        yield {"secrets": [SECRET], "url": url, "headers": headers, "source": made("twilio")}


def hubspot(version: str) -> Callable[[Event], Iterator[Signed]]:
    def signed(event: Event) -> Iterator[Signed]:
        sdk = import_module("hubspot.utils.signature").Signature
        url, stamp = f"{URL}?portal=62515", f"{STAMP}123"
        signature = sdk.get_signature(SECRET, event.body, version, url, "POST", stamp)
        headers = {"X-HubSpot-Signature": signature, "X-HubSpot-Signature-Version": version}
        if version == "v3":
            headers = {"X-HubSpot-Signature-v3": signature, "X-HubSpot-Request-Timestamp": stamp}
        yield {"secrets": [SECRET], "url": url, "headers": headers, "source": made("hubspot-api-client")}

    return signed


def discord(event: Event) -> Iterator[Signed]:
    key = import_module("nacl.signing").SigningKey(hashlib.sha256(SECRET.encode()).digest())
    signature, public = key.sign(f"{STAMP}{event.body}".encode()).signature.hex(), bytes(key.verify_key).hex()
    assert import_module("discord_interactions").verify_key(event.body.encode(), signature, STAMP, public)
    headers = {"X-Signature-Timestamp": STAMP, "X-Signature-Ed25519": signature}
    yield {"secrets": [public], "headers": headers, "source": taken("discord-interactions")}


def sendgrid(event: Event) -> Iterator[Signed]:
    key = ec.derive_private_key(int(SECRET, 16), ec.SECP256R1())
    signature = base64.b64encode(key.sign(f"{STAMP}{event.body}".encode(), ec.ECDSA(hashes.SHA256()))).decode()
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    public = base64.b64encode(key.public_key().public_bytes(*form)).decode()
    assert import_module("sendgrid").EventWebhook(public).verify_signature(event.body, signature, STAMP)
    prefix = "X-Twilio-Email-Event-Webhook"
    headers = {f"{prefix}-Timestamp": STAMP, f"{prefix}-Signature": signature}
    yield {"secrets": [public], "headers": headers, "source": taken("sendgrid")}


def mailgun(event: Event) -> Iterator[Signed]:
    token = hashlib.sha256(event.name.encode()).hexdigest()[:50]
    signature = hmac.digest(SECRET.encode(), f"{STAMP}{token}".encode(), "sha256").hex()
    guard = import_module("mailgun.security").SecurityGuard
    assert guard.verify_webhook(SECRET, token, STAMP, signature, max_age_seconds=0)
    values = {"timestamp": STAMP, "token": token, "signature": signature}
    form = "json" not in event.headers["Content-Type"]
    body = (
        f"{event.body}&{import_module('urllib.parse').urlencode(values)}"
        if form
        else json.dumps(json.loads(event.body) | {"signature": values})
    )
    yield {"secrets": [SECRET], "headers": {}, "body": body, "source": taken("mailgun")}


def adyen(event: Event) -> Iterator[Signed]:
    sdk, key = import_module("Adyen.util"), SECRET.upper() * 2
    document = json.loads(event.body)
    item = document["notificationItems"][0]["NotificationRequestItem"]
    item["additionalData"]["hmacSignature"] = sdk.generate_notification_sig(item, key).decode()
    assert sdk.is_valid_hmac_notification(document, key)
    yield {"secrets": [key], "headers": {}, "body": json.dumps(document), "source": made("Adyen")}


def paypal(event: Event) -> Iterator[Signed]:
    webhook_id, time, id_ = "8PT597110X687430LKGECATA", "2026-11-20T09:30:00Z", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
    name = "messageverificationcerts.paypal.com"
    root_key, key = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048)
    root = certificate(ROOT, root_key, ROOT, root_key, at=AT, ca=True)
    leaf = certificate(name, key, ROOT, root_key, at=AT, ca=False)
    sdk = import_module("paypalrestsdk.notifications").WebhookEvent
    text = sdk._get_expected_sig(id_, time, webhook_id, event.body)
    signature = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
    url = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-8079afec"
    yield {
        "secrets": [],
        "settings": {"webhook_id": webhook_id},
        "headers": {
            "PAYPAL-TRANSMISSION-ID": id_,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": signature,
            "PAYPAL-CERT-URL": url,
        },
        "certificates": {"urls": {url: leaf}, "roots": root},
        "source": f"made with a certificate of a root for tests, of the text that {made('paypalrestsdk')[10:]} signs",
    }


def notion(event: Event) -> Iterator[Signed]:
    token = f"secret_{SECRET}"
    script = "import { signWebhookPayload } from '@notionhq/client'; print(await signWebhookPayload(input));"
    headers = {"X-Notion-Signature": node(SDKS, script, body=event.body, verificationToken=token)}
    yield {"secrets": [token], "headers": headers, "source": made_by_npm(SDKS, "@notionhq/client")}


def zoom(event: Event) -> Iterator[Signed]:
    body = json.dumps(json.loads(event.body), separators=(",", ":"))
    signature = "v0=" + hmac.digest(SECRET.encode(), f"v0:{STAMP}:{body}".encode(), "sha256").hex()
    headers = {"x-zm-request-timestamp": STAMP, "x-zm-signature": signature}
    script = """
        import { AwsLambdaReceiver } from '@zoom/rivet/users';
        console.debug = () => {};
        const receive = new AwsLambdaReceiver({webhooksSecretToken: input.secret}).start();
        print(String((await receive(input, {})).statusCode));
    """
    assert node(SDKS, script, body=body, headers=headers, secret=SECRET) == "200"
    yield {"secrets": [SECRET], "headers": headers, "body": body, "source": taken_by_npm(SDKS, "@zoom/rivet")}


def meta(event: Event) -> Iterator[Signed]:
    signature = "sha256=" + hmac.digest(SECRET.encode(), event.body.encode(), "sha256").hex()
    assert import_module("pywa.utils").webhook_updates_validator(SECRET, event.body.encode(), signature)
    settings = {"verify_token": "a-long-verify-token"}
    headers = {"X-Hub-Signature-256": signature}
    yield {"secrets": [SECRET], "settings": settings, "headers": headers, "source": taken("pywa")}


def generic_hmac(event: Event) -> Iterator[Signed]:
    plain = hmac.digest(SECRET.encode(), event.body.encode(), "sha512")
    named = {"header": "X-Parcels-Hmac", "hash": "sha512", "encoding": "base64url", "prefix": "s="}
    headers = {"X-Parcels-Hmac": f"s={base64.urlsafe_b64encode(plain).decode()}"}
    yield {"secrets": [SECRET], "settings": named, "headers": headers, "source": PAGE}
    timed = hmac.digest(SECRET.encode(), f"{STAMP}000/{event.body}".encode(), "sha256").hex()
    settings = {"signed": "{timestamp}/{body}", "timestamp_header": "X-Time", "timestamp_unit": "milliseconds"}
    headers = {"X-Signature": timed, "X-Time": f"{STAMP}000"}
    yield {"secrets": [SECRET], "settings": settings, "headers": headers, "source": PAGE}


def generic_token(_: Event) -> Iterator[Signed]:
    settings, headers = {"prefix": "Bearer "}, {"Authorization": f"Bearer {SECRET}"}
    yield {"secrets": [SECRET], "settings": settings, "headers": headers, "source": PAGE}


def basic(_: Event) -> Iterator[Signed]:
    headers = {"Authorization": f"Basic {base64.b64encode(f'globex:{SECRET}'.encode()).decode()}"}
    yield {"secrets": [SECRET], "settings": {"username": "globex"}, "headers": headers, "source": PAGE}


MAKERS: dict[str, Callable[[Event], Iterator[Signed]]] = {
    "stripe": stripe,
    "github": github,
    "slack": slack,
    "standard-webhooks": standard_webhooks,
    "standard-webhooks-ed25519": standard_webhooks_ed25519,
    "twilio": twilio,
    "hubspot-v1": hubspot("v1"),
    "hubspot-v2": hubspot("v2"),
    "hubspot-v3": hubspot("v3"),
    "discord": discord,
    "sendgrid": sendgrid,
    "mailgun": mailgun,
    "adyen": adyen,
    "paypal": paypal,
    "notion": notion,
    "zoom": zoom,
    "meta": meta,
    "generic-hmac": generic_hmac,
    "generic-token": generic_token,
    "basic": basic,
}


def vectors(slug: str) -> Iterator[Signed]:
    for sample in yaml.safe_load((SAMPLES / f"{slug}.yaml").read_text()):
        body = sample["body"] if isinstance(sample["body"], str) else json.dumps(sample["body"])
        facts = {"id": sample.get("id"), "type": sample["type"]}
        event = Event(sample["name"], sample["headers"], body, facts)
        for number, signed in enumerate(MAKERS[slug](event), 1):
            without = signed.pop("without", [])
            kept = {name: value for name, value in sample["headers"].items() if name not in without}
            yield {
                "name": f"{sample['name']} ({number})" if number > 1 else sample["name"],
                "url": URL,
                "body": body,
                "at": AT.isoformat(),
                "event": facts,
                **signed,
                "headers": kept | signed["headers"],
            }


def write(slug: str) -> None:
    file = VECTORS / f"{slug}.yaml"
    published, _, _ = (file.read_text() if file.exists() else "").partition(MARK)
    made_here = yaml.safe_dump(list(vectors(slug)), sort_keys=False, allow_unicode=True, width=110)
    file.write_text(f"{published}{MARK}{made_here}")


MARK = "# From here on: make_vectors/first_schemes.py\n"

if __name__ == "__main__":
    for each in MAKERS:
        write(each)
