"""`manage.py memory reembed` and `manage.py memory models`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Tenant
from accounts.tenancy import within
from memory.embedding.active import ensure_model
from memory.management import reembed
from memory.models import EmbeddingModel, MemoryEmbedding
from tests.memory.embedding.conftest import shelf  # noqa: F401
from tests.memory.embedding.rows import FakeEmbedder, Shelf, remember

pytestmark = pytest.mark.django_db


def say(*words: str) -> list[str]:
    out = StringIO()
    call_command("memory", *words, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture(autouse=True)
def remembered(acme: Tenant, shelf: Shelf) -> None:  # noqa: F811
    ensure_model()
    remember(acme, "one")
    shelf.choose(FakeEmbedder("fake-2", 4))


def test_it_begins_and_says_how_far_it_is() -> None:
    assert say("reembed") == ["fake-2 is building: 0 of 1 memories have a vector of it."]
    EmbeddingModel.objects.filter(name="fake-2").update(per_second=0.01)
    assert say("models") == [
        "fake-1 is active: 0 of 1 memories have a vector of it.",
        "fake-2 is building: 0 of 1 memories have a vector of it, 0 a second, 2 minutes to go.",
    ]


def test_it_waits_until_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter(["building", "retired"])

    def as_if_workers_did_it(seconds: float) -> None:
        EmbeddingModel.objects.filter(name="fake-2").update(state=next(looks))

    monkeypatch.setattr(reembed, "sleep", as_if_workers_did_it)
    assert [line.split(":")[0] for line in say("reembed", "--wait")] == [
        "fake-2 is building",
        "fake-2 is building",
        "fake-2 is retired",
    ]


def test_it_gives_up() -> None:
    say("reembed")
    assert say("reembed", "--cancel", "fake-2") == ["fake-2 is given up. Searches use what they used before."]
    with pytest.raises(CommandError, match="fake-2` is not being built: it is retired"):
        say("reembed", "--cancel", "fake-2")


def test_it_tries_again_what_was_refused(acme: Tenant) -> None:
    with within(acme.id):
        MemoryEmbedding.objects.update(status="failed", due_at=None)
    assert say("models") == ["fake-1 is active: 0 of 1 memories have a vector of it, 1 were refused."]
    assert say("reembed", "--failed") == ["1 memories are tried again."]


def test_it_refuses_to_begin_with_what_is_active(shelf: Shelf) -> None:  # noqa: F811
    shelf.choose(shelf.embedders[0])
    with pytest.raises(CommandError, match="`fake-1` is what searches use already"):
        say("reembed")
