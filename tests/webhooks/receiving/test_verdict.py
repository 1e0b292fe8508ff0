from datetime import timedelta
from threading import current_thread
from typing import Any

import pytest

from tests.webhooks.receiving.arrivals import KEY, NOW, a_scheme, a_secret, a_source, an_arrival
from tests.webhooks.sending import signed
from webhooks.models.event import Origin
from webhooks.receiving import verdict
from webhooks.receiving.types import Arrival, Refused
from webhooks.receiving.verdict import can_sign, judge
from webhooks.signatures.shelf import scheme_named
from webhooks.signatures.verdict import Reason, Verdict

BODY = b"{}"


async def refused(arrival: Arrival) -> Refused:
    with pytest.raises(Refused) as caught:
        await judge(arrival)
    return caught.value


async def test_it_says_which_secret_it_was() -> None:
    found, once = await judge(an_arrival())
    assert found == {
        "scheme": "github",
        "valid": True,
        "reason": "",
        "secret": str(KEY),
        "checked_at": "2030-01-31T12:00:00+00:00",
    }
    assert once == ""


async def test_it_refuses_a_wrong_signature_and_tells_the_sender_nothing_of_it() -> None:
    why = await refused(an_arrival(BODY, signed(b"something else")))
    assert (why.reason, why.answer.status, why.answer.code) == ("signature_mismatch", 401, "signature_invalid")
    assert why.verdict["valid"] is False
    assert "mismatch" not in str(why.answer)


async def test_it_refuses_everything_while_there_is_no_secret() -> None:
    why = await refused(an_arrival(source=a_source(secrets=())))
    assert why.reason == "no_secret"


async def test_it_takes_either_secret_while_one_is_retired() -> None:
    old, new = a_secret("old", NOW + timedelta(hours=1)), a_secret("new")
    source = a_source(secrets=(new, old))
    for secret in ("old", "new"):
        found, _ = await judge(an_arrival(BODY, signed(BODY, secret=secret), source=source))
        assert found["valid"] is True


async def test_it_refuses_a_secret_whose_time_is_over() -> None:
    source = a_source(secrets=(a_secret("new"), a_secret("old", NOW)))
    why = await refused(an_arrival(BODY, signed(BODY, secret="old"), source=source))
    assert why.reason == "signature_mismatch"


async def test_it_checks_nothing_of_a_source_that_was_declared_unsigned() -> None:
    found, _ = await judge(an_arrival(BODY, [], source=a_source(unsigned=True, secrets=())))
    assert (found["valid"], found["reason"]) == (False, "unsigned")


async def test_it_refuses_a_scheme_that_signs_nothing_unless_it_was_declared_so() -> None:
    source = a_source(scheme=a_scheme(), scheme_name="parcels", secrets=())
    assert (await refused(an_arrival(source=source))).reason == "no_secret"


async def test_it_refuses_where_the_scheme_is_gone() -> None:
    why = await refused(an_arrival(source=a_source(scheme=None, scheme_name="gone")))
    assert (why.reason, why.verdict["scheme"]) == ("settings_invalid", "gone")


PUBLIC_KEY = {
    "verify": "ed25519",
    "values": {"signature": {"header": "X-Signature"}},
    "signed": "{body}",
}


async def test_it_marks_a_test_event_that_nobody_here_can_sign() -> None:
    source = a_source(scheme=a_scheme(secret={"key": "hex"}, signatures=[PUBLIC_KEY]))
    found, _ = await judge(an_arrival(BODY, [], source=source, origin=Origin.TEST))
    assert (found["valid"], found["reason"]) == (True, "sent_here")


async def test_it_checks_the_signature_of_any_other_test_event() -> None:
    assert (await refused(an_arrival(BODY, [], origin=Origin.TEST))).reason == "signature_missing"


def test_it_knows_what_can_be_signed_here() -> None:
    github = scheme_named("github")
    assert github is not None
    assert can_sign(github)
    assert not can_sign(a_scheme(secret={"key": "hex"}, signatures=[PUBLIC_KEY]))


CERTIFIED = {
    **PUBLIC_KEY,
    "verify": "rsa",
    "certificate": {"url": {"header": "X-Cert"}, "hosts": "certs.example", "names": "hooks.example"},
}


async def test_it_lets_the_sender_try_again_where_a_certificate_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> Verdict:
        assert current_thread().name.startswith("webhook-certificates")  # others' work never waits for it
        return Verdict(valid=False, reason=Reason.CERTIFICATE_UNAVAILABLE, detail="It is away.")

    monkeypatch.setattr(verdict, "verify", away)
    why = await refused(an_arrival(source=a_source(scheme=a_scheme(signatures=[CERTIFIED]))))
    assert (why.reason, why.answer.status, why.answer.retry_after) == ("certificate_unavailable", 503, 30)
