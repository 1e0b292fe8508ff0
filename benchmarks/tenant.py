"""The tenant, agent and tools of a benchmark."""

import json
from typing import Any

from accounts.agents import create_agent
from accounts.caller import System
from accounts.keys import issue_key
from accounts.tenancy import platform, within
from accounts.tenants import create_tenant
from registry.register import register_tool

BENCHMARK = System("benchmark")


def make_tenant(tools: list[dict[str, Any]], upstream_port: int) -> str:
    """The agent's key."""
    with platform():
        tenant = create_tenant(slug="bench", name="Benchmark", actor=BENCHMARK.actor)
    with within(tenant.id):
        for tool in tools:
            spec = json.loads(json.dumps(tool).replace("{upstream}", f"http://127.0.0.1:{upstream_port}"))
            register_tool(by=BENCHMARK, spec=spec)
        agent = create_agent(tenant=tenant, slug="bench", by=BENCHMARK)
        return issue_key(agent=agent, name="bench", by=BENCHMARK).secret
