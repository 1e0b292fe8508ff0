"""What only the blocking way out has: one client per process, used by any thread."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest_django import Settings

from integrations.egress import EgressRequest, EgressRules, blocking
from integrations.egress.policy import read_policy
from integrations.errors import EgressBlocked
from tests.integrations.egress.conftest import TRUSTS_NOBODY
from tests.integrations.egress.upstreams import Upstream

ACME = EgressRules("acme", timeout_seconds=10)


def test_it_sends_under_the_settings(service: Upstream, settings: Settings) -> None:
    request = EgressRequest("GET", service.url())
    with pytest.raises(EgressBlocked):
        blocking.send(request, rules=ACME)
    settings.EGRESS_ALLOW_NETWORKS = [service.allowed]
    assert blocking.send(request, rules=ACME).status == 200
    assert len(service.seen) == 1


def test_it_serves_many_threads(service: Upstream) -> None:
    client = blocking.Client(policy=read_policy([service.allowed]), tls=TRUSTS_NOBODY)
    requests = [EgressRequest("POST", service.url(), body=b"%d" % number) for number in range(40)]
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda request: client.send(request, rules=ACME).body, requests))
    client.close()
    assert answers == [b"%d" % number for number in range(40)]
