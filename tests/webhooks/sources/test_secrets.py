from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.caller import Caller
from accounts.errors import Conflict, Forbidden, Invalid, NotFound
from accounts.ids import new_id
from accounts.models import AuditEntry, Tenant
from accounts.tenancy import within
from tests.webhooks.sending import BY, make_source
from webhooks.models import WebhookSecret, WebhookSource
from webhooks.receiving.find import known_source
from webhooks.signatures.types import MOST_SECRETS
from webhooks.sources.change import change_source
from webhooks.sources.secrets import add_secret, keep_delivered, retire_secret, reveal_secret

pytestmark = pytest.mark.django_db


def added(source: WebhookSource, secret: str) -> WebhookSecret:
    with within(source.tenant_id):
        return add_secret(source=source, by=BY, secret=secret)


def active(source: WebhookSource, hours: int = 0) -> list[str]:
    """What may have signed a request in so many hours."""
    known = known_source(source.tenant_id, source.id)
    assert known is not None
    return [secret.text for secret in known.secrets_at(timezone.now() + timedelta(hours=hours))]


def test_it_takes_a_new_secret_beside_the_old_one_until_that_is_retired(acme: Tenant) -> None:
    source = make_source(acme, secret="old")
    added(source, "new")
    assert active(source) == ["new", "old"]
    with within(acme.id):
        old = WebhookSecret.objects.order_by("id")[0]
        retire_secret(source=source, by=BY, secret_id=old.id, after_hours=24)
    assert (active(source), active(source, 25)) == (["new", "old"], ["new"])
    with within(acme.id):
        retire_secret(source=source, by=BY, secret_id=old.id)
        assert WebhookSecret.objects.count() == 1
        actions = list(AuditEntry.objects.filter(action__startswith="webhook_secret").values_list("action", flat=True))
    assert (active(source), sorted(actions)) == (
        ["new"],
        ["webhook_secret.added", "webhook_secret.retired", "webhook_secret.retired"],
    )


def test_it_has_an_end_to_how_many_there_are(acme: Tenant) -> None:
    source = make_source(acme)
    for number in range(MOST_SECRETS - 1):
        added(source, f"secret {number}")
    with pytest.raises(Conflict):
        added(source, "one more")
    assert len(active(source)) == MOST_SECRETS


@pytest.mark.parametrize("secret", ["", "x" * 10_001, "half\x00"])
def test_it_refuses_what_is_no_secret(secret: str, acme: Tenant) -> None:
    source = make_source(acme, secret="")
    with pytest.raises(Invalid):
        added(source, secret)
    assert active(source) == []


def test_it_gives_no_secret_to_what_is_unsigned(acme: Tenant) -> None:
    source = make_source(acme, unsigned=True)
    with pytest.raises(Conflict):
        added(source, "a secret")
    assert keep_delivered(tenant_id=acme.id, source_id=source.id, secret="a secret") is False
    assert active(source) == []


def test_it_refuses_a_time_and_a_secret_that_cannot_be(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        secret = WebhookSecret.objects.get()
        with pytest.raises(Invalid):
            retire_secret(source=source, by=BY, secret_id=secret.id, after_hours=721)
        with pytest.raises(NotFound):
            retire_secret(source=source, by=BY, secret_id=new_id())
    assert len(active(source)) == 1


def test_it_shows_no_secret_again_that_somebody_has_entered(acme: Tenant) -> None:
    source = make_source(acme)
    with within(acme.id):
        secret = WebhookSecret.objects.get()
        with pytest.raises(Conflict):
            reveal_secret(source=source, by=BY, secret_id=secret.id)
        assert not AuditEntry.objects.filter(action="webhook_secret.revealed").exists()


def test_it_shows_no_secret_again_whatever_becomes_of_the_scheme(acme: Tenant) -> None:
    source = make_source(acme, scheme="stripe", secret="whsec_1")
    with within(acme.id):
        changed = change_source(source=source, by=BY, changes={"scheme": "notion"})
        with pytest.raises(Conflict):
            reveal_secret(source=changed, by=BY, secret_id=WebhookSecret.objects.get().id)


def test_it_writes_down_who_looked_at_one_that_was_delivered(acme: Tenant) -> None:
    source = make_source(acme, scheme="notion", secret="")
    assert keep_delivered(tenant_id=acme.id, source_id=source.id, secret="secret_1") is True
    with within(acme.id):
        assert reveal_secret(source=source, by=BY, secret_id=WebhookSecret.objects.get().id) == "secret_1"
        assert AuditEntry.objects.get(action="webhook_secret.revealed").actor == BY.actor


def test_it_is_not_for_everybody(acme: Tenant, scout_caller: Caller) -> None:
    source = make_source(acme)
    with within(acme.id):
        secret = WebhookSecret.objects.get()
        with pytest.raises(Forbidden):
            add_secret(source=source, by=scout_caller, secret="mine")
        with pytest.raises(Forbidden):
            retire_secret(source=source, by=scout_caller, secret_id=secret.id)
        with pytest.raises(Forbidden):
            reveal_secret(source=source, by=scout_caller, secret_id=secret.id)
    assert len(active(source)) == 1


def test_what_cannot_be_a_secret_is_no_handshake(acme: Tenant) -> None:
    source = make_source(acme, scheme="notion", secret="")
    assert keep_delivered(tenant_id=acme.id, source_id=source.id, secret=" ") is False
    assert active(source) == []
