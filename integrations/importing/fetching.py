"""Getting the files of an import from outside: through egress, under the tenant's rules."""

from uuid import UUID

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.documents import LARGEST_BYTES
from integrations.egress import EgressRequest, EgressRules, narrowing
from integrations.egress.blocking import send
from integrations.errors import EgressBlocked, UpstreamFailure
from integrations.openapi.bundle import Fetch, Unfetched

TIMEOUT_SECONDS = 60.0
_ACCEPT = "application/json, application/yaml, text/yaml, */*"


def fetch_for(tenant_id: UUID) -> Fetch:
    """What fetches for this tenant, and where it may not, or cannot, says so with Unfetched."""
    with within(tenant_id):
        tenant = Tenant.objects.get(id=tenant_id)
    rules = EgressRules(
        tenant_slug=tenant.slug,
        tenant_networks=narrowing(tenant.egress_networks),
        timeout_seconds=TIMEOUT_SECONDS,
        max_response_bytes=LARGEST_BYTES,
    )

    def fetch(url: str) -> bytes:
        try:
            return fetch_file(url, rules)
        except (EgressBlocked, UpstreamFailure) as error:
            raise Unfetched(str(error)) from error

    return fetch


def fetch_file(url: str, rules: EgressRules) -> bytes:
    """Raises EgressBlocked, a leaf of UpstreamFailure, and Unfetched for any answer but the file."""
    response = send(EgressRequest("GET", url, {"Accept": _ACCEPT}), rules=rules)
    if response.status != 200:
        raise Unfetched(f"The server answered with the status {response.status}.")
    return response.body
