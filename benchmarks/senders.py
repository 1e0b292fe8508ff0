"""Tenants that get webhooks in a benchmark, signed as GitHub signs them."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from benchmarks.load import request_bytes

SECRET = "a-secret-of-the-benchmark"  # noqa: S105  of no service
BODY = json.dumps(
    {
        "action": "opened",
        "number": 7,
        "issue": {"id": 7, "title": "It does not start", "body": "x" * 1200, "labels": ["bug", "urgent"]},
        "repository": {"full_name": "octo/parcels", "private": False},
        "sender": {"login": "ada", "id": 1},
    }
).encode()
SIGNATURE = "sha256=" + hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Sender:
    """A tenant with a source, and one route to a tool."""

    tenant_id: UUID
    source_id: UUID
    path: str

    def requests(self, count: int) -> Iterator[bytes]:
        for _ in range(count):
            yield request_bytes("POST", self.path, headers=_headers(), body=BODY)


def make_sender(slug: str, upstream: int, *, to: str | None) -> Sender:
    """`to` is the path of the upstream that the tool of its route posts to; None: nothing is routed."""
    # Django's settings exist only now.
    from accounts.tenancy import platform, within  # noqa: PLC0415
    from accounts.tenants import create_tenant  # noqa: PLC0415
    from benchmarks.tenant import BENCHMARK  # noqa: PLC0415
    from registry.register import register_tool  # noqa: PLC0415
    from webhooks.routes.create import create_route  # noqa: PLC0415
    from webhooks.sources.address import path_of, token_of  # noqa: PLC0415
    from webhooks.sources.create import create_source  # noqa: PLC0415

    with platform():
        tenant = create_tenant(slug=slug, name=slug, actor=BENCHMARK.actor)
    with within(tenant.id):
        limit = {"per_minute": 1_000_000, "burst": 1_000_000}
        source = create_source(
            tenant_id=tenant.id, by=BENCHMARK, slug="github", scheme="github", secret=SECRET, rate_limit=limit
        )
        if to is not None:
            register_tool(by=BENCHMARK, spec=_tool(f"http://127.0.0.1:{upstream}{to}"))
            facts = {"slug": "all", "tool": "bench", "input": {"number": "{{ body.number }}"}, "concurrency": 50}
            create_route(tenant=tenant, by=BENCHMARK, facts=facts)
        return Sender(tenant.id, source.id, path_of(token_of(source)))


def _tool(url: str) -> dict[str, object]:
    return {
        "slug": "bench",
        "name": "Bench",
        "version": "1.0.0",
        "input_schema": {"type": "object", "properties": {"number": {"type": "integer"}}},
        "transport": "http",
        "definition": {"method": "POST", "url": url, "body": "rest"},
        "idempotent": True,
        "rate_limit": {"per_minute": 1_000_000, "burst": 1_000_000},
    }


def _headers() -> dict[str, str]:
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": str(uuid4()),
        "X-Hub-Signature-256": SIGNATURE,
    }
