"""Asking a service whose account a credential is for, with the connector's own cheap call."""

import json
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import urlencode

from accounts.models import Tenant
from integrations.connections.auth.base import Refusal
from integrations.connections.grant import Apply
from integrations.connections.words import LONGEST_WORDS, answered, found, masked, words
from integrations.egress import EgressRequest, EgressRules, narrowing
from integrations.egress.blocking import send
from integrations.egress.targets import Origin, read_target
from integrations.errors import UpstreamFailure
from integrations.format.types import Check, Connector

PATIENCE_SECONDS = 10.0
LARGEST_ANSWER_BYTES = 1_000_000
_LATER = frozenset({408, 425, 429})
"""The service has not looked at the credential."""


def rules_for(tenant: Tenant) -> EgressRules:
    """For questions about credentials, tokens included: a redirect is no answer to one, and a secret follows none."""
    return EgressRules(
        tenant_slug=tenant.slug,
        tenant_networks=narrowing(tenant.egress_networks),
        timeout_seconds=PATIENCE_SECONDS,
        max_response_bytes=LARGEST_ANSWER_BYTES,
        max_redirects=0,
    )


def says_nothing(status: int) -> bool:
    """Whether an answer with this status leaves open what a credential is worth."""
    return status in _LATER or status >= 500


def account_of(
    connector: Connector,
    *,
    base: str,
    apply: Apply,
    origins: frozenset[Origin],
    secrets: Sequence[str],
    rules: EgressRules,
) -> str:
    """What the vendor calls it; empty where it does not say, or the connector knows no such call.

    Raises Refusal when the credential is not taken, a leaf of UpstreamFailure or EgressBlocked when nobody answered.
    """
    if connector.check is None:
        return ""
    request = _request(connector, connector.check, base)
    if read_target(request.url).origin in origins:
        request = replace(apply(request), secrets=tuple(secrets), origins=origins)
    answer = send(request, rules=rules)
    if says_nothing(answer.status):
        raise UpstreamFailure(
            f"{connector.name} answered with HTTP {answer.status}, so that the credential could not be checked. "
            "Try again later."
        )
    value = answered(answer)
    if found(connector.error_when, value) or not 200 <= answer.status < 300:
        raise Refusal(words(answer, connector.error_message, secrets=secrets), status=answer.status)
    account = found(connector.check.account, value)
    return "" if account is None else masked(str(account), secrets)[:LONGEST_WORDS]


def _request(connector: Connector, check: Check, base: str) -> EgressRequest:
    url = f"{base}{check.url}"
    if check.query:
        url += f"{'&' if '?' in url else '?'}{urlencode(check.query)}"
    headers = {"Accept": "application/json", **connector.headers}
    if check.body is None:
        return EgressRequest(check.method, url, headers)
    headers["Content-Type"] = "application/json"
    return EgressRequest(check.method, url, headers, json.dumps(check.body).encode())
