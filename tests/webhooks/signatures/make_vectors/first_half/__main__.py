"""`python -m tests.webhooks.signatures.make_vectors.first_half FOLDER` writes the vectors of all VENDORS anew.

Each of a vendor's samples is signed as the vendor's page says, and then the vendor's own library has to take it, where
there is one for Python or JavaScript. What vendors have published is in `published.yaml` and kept as it is.

The interpreter needs openai, pyairtable, pyyaml, resend, squareup, standardwebhooks, svix, time-machine and workos;
FOLDER/node_modules needs @linear/sdk and @shopify/shopify-api. None of them is a dependency of this project.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from integrations.documents import read_document
from tests.webhooks.signatures.make_vectors.first_half.libraries import at_its_time
from tests.webhooks.signatures.make_vectors.first_half.request import Request
from tests.webhooks.signatures.make_vectors.first_half.vendors import VENDORS, Vendor

HERE = Path(__file__).parent
VECTORS = HERE.parents[1] / "vectors"
ROOT = HERE.parents[4]
AT = datetime(2026, 11, 20, 9, 14, 28, tzinfo=UTC)
URL = "https://hooks.acme.example/hooks/d41f6b0c/?shop=1"
WIDTH = 72

Vector = dict[str, Any]


def main() -> None:
    published = read_document((HERE / "published.yaml").read_bytes())
    for slug, vendor in VENDORS.items():
        samples = read_document((ROOT / "webhooks" / "samples" / f"{slug}.yaml").read_bytes())
        page = read_document((ROOT / "webhooks" / "schemes" / f"{slug}.yaml").read_bytes())["docs"]
        vectors = published.get(slug, []) + _made(vendor, samples, page)
        text = yaml.dump(vectors, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
        (VECTORS / f"{slug}.yaml").write_text(text, encoding="utf-8")


def _made(vendor: Vendor, samples: list[dict[str, Any]], page: str) -> list[Vector]:
    made = [_vector(vendor, sample, _signed(vendor, _request(vendor, sample)), page) for sample in samples]
    if vendor.ascii_alone:
        return made
    strange = _beyond_ascii(samples[0])
    signed = _signed_by_both if all(vendor.both) else _signed
    return [*made, _vector(vendor, strange, signed(vendor, _request(vendor, strange)), page)]


def _beyond_ascii(sample: dict[str, Any]) -> dict[str, Any]:
    body = sample["body"]
    name = f"{sample['name']}, beyond ASCII"
    words = {"ünïcödé": "Grüße, 東京 🎒"}
    return {**sample, "name": name, "body": [{**body[0], **words}] if isinstance(body, list) else {**body, **words}}


def _request(vendor: Vendor, sample: dict[str, Any]) -> Request:
    stamp = {vendor.stamp: round(AT.timestamp() * 1000)} if vendor.stamp else {}
    body = {**sample["body"], **stamp} if stamp else sample["body"]
    content = json.dumps(body, ensure_ascii=False, indent=1).encode()
    return Request(sample["name"], vendor.secret, URL, dict(sample["headers"]), content, AT)


def _signed(vendor: Vendor, request: Request) -> Request:
    return _taken(vendor, replace(request, headers={**request.headers, **vendor.sign(request)}))


def _signed_by_both(vendor: Vendor, request: Request) -> Request:
    header, between = vendor.both
    new = vendor.sign(request)
    old = vendor.sign(replace(request, secret=request.secret[:-4] + "AAAA"))
    headers = {**request.headers, **new, header: f"{old[header]}{between}{new[header]}"}
    return _taken(vendor, replace(request, name=f"{request.name}, and under the old secret, too", headers=headers))


def _taken(vendor: Vendor, request: Request) -> Request:
    if vendor.take is not None and not at_its_time(vendor.take, request):
        raise SystemExit(f"{vendor.library()} does not take “{request.name}”.")
    return request


def _vector(vendor: Vendor, sample: dict[str, Any], request: Request, page: str) -> Vector:
    return {
        "name": request.name,
        "source": f"Made as {page} says." if vendor.take is None else f"{vendor.library()} takes it.",
        "secrets": [request.secret],
        "url": request.url,
        "headers": request.headers,
        "body": request.body.decode(),
        "at": request.at.isoformat().replace("+00:00", "Z"),
        "event": {name: sample[name] for name in ("id", "type") if name in sample},
    }


class _Dumper(yaml.SafeDumper):
    """Bodies line by line; one without blanks so that it can be broken."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        long = '"' if any(len(word) > WIDTH for word in text.split()) else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else long)


_Dumper.add_representer(str, _Dumper.represent_str)

if __name__ == "__main__":
    main()
