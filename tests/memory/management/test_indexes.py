"""`manage.py memory …`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import platform
from memory.indexes import build, tend
from memory.indexes.decide import Await, Build
from memory.models import MemoryCount
from tests.memory.vectors import make_many, make_memories, make_model

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])


def run(*words: str) -> str:
    out = StringIO()
    call_command("memory", *words, stdout=out, stderr=out)
    return out.getvalue()


def test_it_says_that_the_counts_are_right(acme: Tenant) -> None:
    make_memories(acme, "a/", model=make_model())
    assert run("check-counts") == "All numbers are right.\n"


def test_it_says_which_counts_are_wrong(acme: Tenant) -> None:
    model = make_model()
    make_memories(acme, "a/", model=model)
    with platform():
        MemoryCount.objects.create(tenant=acme, namespace="a/", model=model, number=3)
        MemoryCount.objects.create(tenant=acme, namespace="b/", number=1)
    out = StringIO()
    with pytest.raises(CommandError, match="2 numbers are wrong"):
        call_command("memory", "check-counts", stderr=out)
    assert out.getvalue().splitlines() == [
        f"{acme.id} a/: 4 vectors of model {model.id} counted, 1 there.",
        f"{acme.id} b/: 1 memories counted, 0 there.",
    ]


@pytest.mark.usefixtures("small", "indexes")
def test_it_tends_the_indexes_and_says_what_it_did(acme: Tenant) -> None:
    model = make_model()
    make_many(acme, model, 300)
    owner = (model.id, acme.id)
    assert run("tend-indexes") == f"{Await(owner, 300)}\n"
    assert run("tend-indexes") == f"{Build(owner, 300)}\n"
    assert run("tend-indexes") == ""


@pytest.mark.usefixtures("indexes")
def test_it_says_that_another_one_builds() -> None:
    with platform(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", build._LOCK)
        assert run("tend-indexes") == "Another process is building.\n"


def test_it_refuses_without_the_owners_rights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "may_build", lambda: False)
    with pytest.raises(CommandError, match="DATABASE_OWNER_URL"):
        run("tend-indexes")


def test_it_goes_on_where_it_is_told_how_often(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []

    def sleep(seconds: float) -> None:
        if len(looks) == 2:
            raise KeyboardInterrupt
        looks.append(seconds)

    monkeypatch.setattr("memory.management.indexes.sleep", sleep)
    monkeypatch.setattr(tend, "tend", list)
    with pytest.raises(KeyboardInterrupt):
        run("tend-indexes", "--every", "30")
    assert looks == [30.0, 30.0]
