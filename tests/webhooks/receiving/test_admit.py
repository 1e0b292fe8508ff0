from typing import Any

import pytest

from tests.webhooks.receiving.arrivals import a_source, an_arrival
from webhooks.models.source import SourceState
from webhooks.receiving.admit import admit, require_event_method
from webhooks.receiving.types import Refused


def refused(source: dict[str, Any] | None = None, **more: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        admit(an_arrival(source=a_source(**(source or {})), **more))
    return caught.value


def test_it_lets_in_what_comes_from_anywhere_or_from_an_allowed_network() -> None:
    admit(an_arrival(address=""))
    admit(an_arrival(source=a_source(networks=("192.0.2.0/24",)), address="192.0.2.7"))


@pytest.mark.parametrize("address", ["198.51.100.7", ""])
def test_it_refuses_what_comes_from_elsewhere(address: str) -> None:
    why = refused({"networks": ("192.0.2.0/24",)}, address=address)
    assert (why.reason, why.answer.status) == ("address_not_allowed", 403)


def test_it_takes_events_for_a_source_that_is_paused() -> None:
    admit(an_arrival(source=a_source(state=SourceState.PAUSED)))


def test_it_lets_the_sender_try_again_while_the_source_is_disabled() -> None:
    why = refused({"state": SourceState.DISABLED})
    assert (why.reason, why.answer.status, why.answer.retry_after) == ("source_disabled", 503, 3600)


def test_it_does_not_say_to_strangers_whether_a_source_is_disabled() -> None:
    why = refused({"state": SourceState.DISABLED, "networks": ("192.0.2.0/24",)}, address="198.51.100.7")
    assert why.reason == "address_not_allowed"


@pytest.mark.parametrize(("fault", "status"), [("too_large", 413), ("truncated", 503)])
def test_it_refuses_what_is_not_whole(fault: str, status: int) -> None:
    why = refused(fault=fault)
    assert (why.reason, why.answer.status) == (fault, status)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_it_takes_events_in_methods_that_carry_them(method: str) -> None:
    require_event_method(an_arrival(method=method))


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "BREW"])
def test_it_refuses_any_other_method(method: str) -> None:
    with pytest.raises(Refused) as caught:
        require_event_method(an_arrival(method=method))
    assert (caught.value.reason, caught.value.answer.status) == ("method_not_allowed", 405)
