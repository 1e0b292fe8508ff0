"""A process that calls with one connection, 25 times at once: `python -m … <tenant> <connection>`."""

import asyncio
import os
import sys
from collections import Counter
from uuid import UUID

import django

CALLS = 25


async def main(tenant_id: UUID, connection_id: UUID) -> None:
    from integrations import egress
    from integrations.connections.granting import grant_for

    async def call() -> tuple[int, int]:
        grant = await grant_for(tenant_id=tenant_id, generation=1, connection_id=connection_id)
        request = grant.apply(egress.EgressRequest("GET", f"{grant.base_url}/me"))
        answer = await egress.send(request, rules=egress.EgressRules(tenant_slug="acme"))
        return answer.status, grant.token_version

    seen = Counter(await asyncio.gather(*(call() for _ in range(CALLS))))
    for (status, version), times in seen.items():
        print(f"{times} {'served' if status == 200 else status} with version {version}")  # noqa: T201
    await egress.aclose()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    asyncio.run(main(UUID(sys.argv[1]), UUID(sys.argv[2])))
