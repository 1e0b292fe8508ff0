import os
from pathlib import Path
from uuid import UUID

import pytest

from accounts.models import Tenant
from accounts.tenancy import platform
from integrations.egress import EgressRequest, EgressRules
from integrations.embedding.key import KeyUnusable, read_connection, read_key, with_key
from integrations.errors import EmbedderRefused
from integrations.models import Connection
from tests.connections import SECRET, Connect
from tests.corridor import Loop
from tests.upstream import Upstream

RULES = EgressRules("")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("sk-0123\n")
    file.chmod(0o600)
    return file


def test_it_reads_a_key(file: Path) -> None:
    assert read_key(file) == "sk-0123"


def test_a_new_key_holds_at_once(file: Path) -> None:
    read_key(file)
    file.write_text("sk-4567")
    assert read_key(file) == "sk-4567"


@pytest.mark.parametrize("content", ["", " \n", "two\nlines", "kéy", "x" * 5_000])
def test_it_takes_nothing_else_for_a_key(content: str, file: Path) -> None:
    file.write_text(content)
    with pytest.raises(KeyUnusable, match="does not hold a key on one line") as caught:
        read_key(file)
    assert not content.strip() or content not in str(caught.value)


def test_it_takes_no_key_that_others_may_read(file: Path) -> None:
    file.chmod(0o640)
    with pytest.raises(KeyUnusable, match="may be read by others"):
        read_key(file)


def test_it_waits_for_no_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyUnusable, match="does not hold a key"):
        read_key(tmp_path / "pipe")


def test_it_reads_the_name_of_a_connection() -> None:
    found = read_connection("acme/0198f0c2-6f6b-7d43-9d5a-1c2e3f405162")
    assert (found.tenant_slug, found.connection_id) == ("acme", UUID("0198f0c2-6f6b-7d43-9d5a-1c2e3f405162"))
    with pytest.raises(KeyUnusable, match="a tenant's slug, a slash and a connection's id"):
        read_connection("acme")


async def test_a_key_goes_only_where_the_request_goes(file: Path) -> None:
    request, rules = await with_key(
        EgressRequest("POST", "https://api.example/v1/embeddings", {"Accept": "*/*"}),
        RULES,
        file=str(file),
        connection="",
    )
    assert request.headers == {"Accept": "*/*", "Authorization": "Bearer sk-0123"}
    assert request.secrets == ("sk-0123",)
    assert request.origins == frozenset({("https", "api.example", 443)})
    assert rules is RULES
    assert "sk-0123" not in repr(request)


async def test_without_a_key_nothing_is_added() -> None:
    request = EgressRequest("POST", "https://api.example/v1/embeddings")
    assert await with_key(request, RULES, file="", connection="") == (request, RULES)


@pytest.fixture
def connection(connect_parcels: Connect) -> Connection:
    return connect_parcels()


@pytest.mark.django_db(transaction=True)
def test_a_connection_of_the_vault_gives_its_credential(
    acme: Tenant, connection: Connection, upstream: Upstream, corridor_loop: Loop
) -> None:
    with platform():
        Tenant.objects.filter(id=acme.id).update(egress_networks=["127.0.0.0/8"])
    name = f"acme/{connection.id}"
    request = EgressRequest("POST", f"{upstream.url}/api/embeddings")
    request, rules = corridor_loop.run(with_key(request, RULES, file="", connection=name))
    assert request.headers["Authorization"] == f"Bearer {SECRET}"
    assert SECRET in request.secrets
    assert (rules.tenant_slug, rules.tenant_networks) == ("acme", ("127.0.0.0/8",))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("name", "url", "said"),
    [
        ("nobody/{id}", "", "the tenant `nobody`, which there is not"),
        ("acme/{id}", "https://elsewhere.example/v1", "is not for the service at EMBEDDER_URL"),
        ("acme-{id}", "", "a tenant's slug, a slash and a connection's id"),
    ],
)
def test_a_connection_is_given_to_nobody_else(
    name: str, url: str, said: str, connection: Connection, upstream: Upstream, corridor_loop: Loop
) -> None:
    request = EgressRequest("POST", url or f"{upstream.url}/api/embeddings")
    with pytest.raises(EmbedderRefused, match=said):
        corridor_loop.run(with_key(request, RULES, file="", connection=name.format(id=connection.id)))
