"""Rate-limit headers after draft-ietf-httpapi-ratelimit-headers-11 (May 2026), sections 3 and 4.

RateLimit-Policy: "tool-minute";q=60;w=60, "agent-concurrency";q=5;qu="concurrent-requests"
RateLimit: "tool-minute";r=12;t=48
"""

import math

from registry.limits.bounds import Bound, Kind, Taken


def limit_headers(taken: Taken) -> dict[str, str]:
    """All policies that the call met, and what is left of the tightest."""
    tightest = taken.tightest
    bound, left = taken.bounds[tightest], taken.left[tightest]
    seconds = taken.wait_seconds if taken.refusing is not None else taken.whole_again_seconds[tightest]
    until = f";t={math.ceil(seconds)}" if seconds else ""
    return {
        "RateLimit-Policy": ", ".join(map(_policy, taken.bounds)),
        "RateLimit": f'"{bound.name}";r={max(0, left)}{until}',
    }


def _policy(bound: Bound) -> str:
    if bound.kind is Kind.CONCURRENCY:
        return f'"{bound.name}";q={bound.number};qu="concurrent-requests"'
    return f'"{bound.name}";q={bound.number};w={bound.window_seconds}'
