from collections.abc import Iterator
from typing import Any

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from integrations.egress import EgressResponse
from integrations.errors import EgressBlocked, UpstreamUnreachable
from webhooks.receiving import certificates
from webhooks.receiving.certificates import fetch

URL = "https://certs.example/one.pem"


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    certificates._kept.clear()
    yield
    certificates._kept.clear()


class Host:
    """Answers with a status, or not at all."""

    def __init__(self, answer: int | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, request: Any, *, rules: Any) -> EgressResponse:
        self.asked.append(request.url)
        if isinstance(self.answer, Exception):
            raise self.answer
        return EgressResponse(self.answer, CIMultiDictProxy(CIMultiDict[str]()), b"PEM", request.url, 0.1)


def test_it_fetches_a_certificate_once(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(200)
    monkeypatch.setattr(certificates, "send", host)
    assert [fetch(URL), certificates.certificates().fetch(URL)] == [b"PEM", b"PEM"]
    assert host.asked == [URL]


@pytest.mark.parametrize("answer", [404, 302, UpstreamUnreachable(), EgressBlocked()], ids=str)
def test_it_keeps_no_failure(answer: int | Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(answer)
    monkeypatch.setattr(certificates, "send", host)
    assert [fetch(URL), fetch(URL)] == [None, None]
    assert len(host.asked) == 2
