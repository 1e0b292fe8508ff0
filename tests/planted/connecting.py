"""What happens to connections themselves: their service refuses, and says what it was shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import QuartermasterError
from accounts.tenancy import within
from accounts.tenants import bump_generation
from integrations.connections.by_link import connect_by_link
from integrations.connections.check import check_connection
from integrations.connections.connect import connect
from integrations.connections.disconnect import disconnect
from integrations.connections.links import bind_link, make_link
from integrations.connections.rotate import rotate_credential, take_back
from integrations.connections.timing import REFUSALS_UNTIL_EXPIRED
from integrations.connections.upkeep import refresh_due
from integrations.errors import CredentialRefused, TokenUnavailable
from integrations.models import Connection, Credential
from tests.catalogue import manager_of
from tests.planted.day import Day
from tests.planted.echoes import ENCODINGS, refuse
from tests.planted.plants import GIVEN_TOKENS, ODD, ONE_EACH, PLANTS, Plant

_encodings = cycle(ENCODINGS)
ASKED_FOR_TOKENS = [plant for plant in ODD if plant.way in GIVEN_TOKENS][::3]


@contextmanager
def refusing(day: Day, status: str = "401") -> Iterator[None]:
    """Each time in another encoding."""
    no = refuse(next(_encodings), status)
    with day.behaving(check=no, token=no, login=no, revoke=no, echo=no):
        yield


def refused(day: Day, work: Callable[[], Any], kind: type[QuartermasterError] = CredentialRefused) -> None:
    with pytest.raises(kind) as caught:
        work()
    day.shown.add_error(caught.value)


def connected(day: Day) -> None:
    """The service takes it, and calls the account what it was proven with."""
    for plant in PLANTS[::3]:
        day.connect(plant.of("checked"), check=True)


def refused_at_once(day: Day) -> None:
    """Nothing is kept of what the service did not take."""
    for plant in [*PLANTS[::3], *ODD]:
        facts: dict[str, Any] = {"auth": plant.way, "values": plant.values, "end_user": f"refused {plant.end_user}"}
        by = manager_of(day.acme)
        with refusing(day, "401" if plant.way != "bearer" else "400"):
            refused(day, lambda: connect(tenant_id=day.acme.id, by=by, connector=day.connector, **facts))  # noqa: B023
    with within(day.acme.id):
        assert not Connection.objects.filter(end_user__startswith="refused").exists()


def entered_wrong(day: Day) -> None:
    """What is no credential at all is refused without being repeated."""
    for plant in ONE_EACH:
        values = {name: f"{value}\n" for name, value in plant.values.items()} | {plant.secret[:8]: "x"}
        facts: dict[str, Any] = {"auth": plant.way, "values": values, "end_user": "nobody"}
        by = manager_of(day.acme)
        with pytest.raises(QuartermasterError) as caught:
            connect(tenant_id=day.acme.id, by=by, connector=day.connector, **facts)
        faults = "\n".join(fault.message for fault in caught.value.faults)
        day.shown.add("answer that refuses", f"{caught.value.message} {faults}".encode())


def checks(day: Day) -> None:
    """An admin asks, and sees why a connection has expired."""
    for plant in ODD[::2]:
        connection = _another(day, plant, "checks")
        with refusing(day):
            _check_in_vain(day, plant, connection)
        assert _check(day, connection).state == "active"
        with refusing(day):
            _check_in_vain(day, plant, connection)


def _check_in_vain(day: Day, plant: Plant, connection: Connection) -> None:
    """Where tokens are got, another one is asked for: when nobody gives one, nothing is known of the credential."""
    if plant.way in GIVEN_TOKENS:
        refused(day, lambda: _check(day, connection), kind=TokenUnavailable)
    else:
        assert _check(day, connection).state == "expired"


def _check(day: Day, connection: Connection) -> Connection:
    return check_connection(tenant_id=day.acme.id, by=manager_of(day.acme), connection_id=connection.id)


def rotations(day: Day) -> None:
    """Another one takes its place, is taken back, and one that is refused never does."""
    for old, new in zip(ONE_EACH, PLANTS, strict=False):
        connection = _another(day, old, "rotates")
        facts: dict[str, Any] = {"tenant_id": day.acme.id, "by": manager_of(day.acme), "connection_id": connection.id}
        values = Plant(new.name, new.secret, old.way).values
        with refusing(day):
            refused(day, lambda: rotate_credential(**facts, values=values))  # noqa: B023
        rotate_credential(**facts, values=values)
        take_back(**facts)
        rotate_credential(**facts, values=values)


def refreshes(day: Day) -> None:
    """Tokens that expire: the next call needs another one, which is given, then refused, then refused for good."""
    for plant in ASKED_FOR_TOKENS:
        mine = plant.of("refreshes")
        connection = day.connect(mine, check=True)
        _age(day, connection)
        assert day.call(mine, "echo")["status"] == "succeeded"
        for status, failures in (("500", 0), ("400", 0), ("401", REFUSALS_UNTIL_EXPIRED)):
            _age(day, connection, failures=failures)
            with refusing(day, status):
                day.call(mine, "echo")
            _age(day, connection, failures=failures)
            with refusing(day, status):
                day.corridor.loop.run(refresh_due(at=timezone.now() + timedelta(days=2)))
        with within(day.acme.id):
            assert Connection.objects.get(id=connection.id).state == "expired"


def _age(day: Day, connection: Connection, *, failures: int = 0) -> None:
    """Nobody was refused a moment ago, and the token is over."""
    with within(day.acme.id):
        credentials = Credential.objects.filter(connection=connection)
        credentials.update(expires_at=timezone.now(), cool_until=None, claimed_until=None, failures=failures)
        bump_generation(day.acme.id)


def refused_calls(day: Day) -> None:
    """The service takes a credential no more, in the middle of its use."""
    for plant in ONE_EACH:
        mine = plant.of("is refused")
        day.connect(mine)
        with refusing(day):
            assert day.call(mine, "echo")["status"] in (409, 502, 503)


def links(day: Day) -> None:
    """An end user enters it, under a link that is a secret itself."""
    for plant in ONE_EACH:
        facts: dict[str, Any] = {"auth": plant.way, "end_user": f"linked {plant.end_user}"}
        made = make_link(tenant_id=day.acme.id, by=manager_of(day.acme), connector=day.connector, **facts)
        day.secrets |= {f"link for {plant.way}": made.token, f"browser of {plant.way}": bind_link(made.link, "")}
        with refusing(day):
            refused(day, lambda: connect_by_link(token=made.token, values=plant.values))  # noqa: B023
        connect_by_link(token=made.token, values=plant.values)


def ends(day: Day) -> None:
    """Revoked, where the service does that; and where it refuses, with what it was shown."""
    for plant in ONE_EACH:
        for status in ("200", "400", "500"):
            mine = plant.of(f"ends {status}")
            connection = day.connect(mine, check=True)
            with refusing(day, status):
                disconnect(tenant_id=day.acme.id, by=manager_of(day.acme), connection_id=connection.id)
    with within(day.acme.id):
        assert not Credential.objects.filter(connection__end_user__startswith="ends").exists()


def _another(day: Day, plant: Plant, what: str) -> Connection:
    return day.connect(plant.of(what), check=True)


HAPPENS: dict[str, Any] = {
    "connections that are taken": connected,
    "connections that are refused": refused_at_once,
    "credentials that are none": entered_wrong,
    "checks": checks,
    "rotations": rotations,
    "refreshes": refreshes,
    "calls that are refused their credential": refused_calls,
    "links": links,
    "ends of connections": ends,
}
