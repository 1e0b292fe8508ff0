"""Where the policy is put to use: every address of a host, on every call."""

import logging
from collections.abc import Sequence

from integrations.egress.messages import EgressRules
from integrations.egress.policy import EgressPolicy, decide
from integrations.egress.targets import Target
from integrations.errors import EgressBlocked

logger = logging.getLogger(__name__)


def pass_or_refuse(target: Target, addresses: Sequence[str], rules: EgressRules, policy: EgressPolicy) -> None:
    """Raises EgressBlocked when one of the addresses is refused: a name with two faces is not trusted with either."""
    for address in addresses:
        reason = decide(policy, rules.tenant_slug, address, target.port, rules.tenant_networks)
        if reason is not None:
            logger.info(
                "refused %s:%s at %s for %s: it %s",
                *(target.host, target.port, address, rules.tenant_slug, reason),
                extra={"action": "egress_refused"},
            )
            raise EgressBlocked(_sentence(target, reason))


def _sentence(target: Target, reason: str) -> str:
    # The address behind a name is not told: it would map the operator's network for whoever asks.
    what = target.host if target.is_address else f"{target.host} resolves to an address that"
    return (
        f"{what} {reason}. Egress calls public addresses, and networks that the operator allows "
        "with EGRESS_ALLOW_NETWORKS and the tenant has not narrowed away."
    )
