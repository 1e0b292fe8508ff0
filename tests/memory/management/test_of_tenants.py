"""`manage.py memory WORD`, of one tenant's memories."""

import asyncio
import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Tenant
from accounts.tenancy import within
from integrations import egress
from integrations.egress import EgressRequest, EgressRules, asynchronous, inside
from memory.answers.types import Answer, Asker
from memory.models import Memory
from memory.words.base import Options
from tests.memory.remembering import remember
from tests.upstream import Upstream

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("model", "acme")]


def run(*words: str, tenant: str = "acme") -> Any:
    written = io.StringIO()
    call_command("memory", *words, "--tenant", tenant, stdout=written)
    return json.loads(written.getvalue())


def refused(*words: str, tenant: str = "acme") -> str:
    with pytest.raises(CommandError) as failed:
        run(*words, tenant=tenant)
    assert failed.value.returncode == 1
    return str(failed.value)


def test_options_go_before_what_data_says() -> None:
    told = run("create", "Apollo flies.", "--namespace", "projects", "--data", '{"content": "Else.", "kind": "plan"}')
    assert (told["content"], told["namespace"], told["kind"]) == ("Apollo flies.", "projects/", "plan")
    assert (told["created_by"], told["trust"], told["embedding"]) == ("system:memory", "trusted", "ready")


def test_data_can_come_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"memories": [{"content": "One"}, {"content": "Two"}]}'))
    assert [each["status"] for each in run("create", "--data", "-")["outcomes"]] == [201, 201]


def test_it_says_every_fault_in_a_line() -> None:
    said = refused("create", "--data", '{"content": "", "colour": "red"}')
    assert said.splitlines()[1:] == [
        "  $.content: Give a text that is not empty.",
        "  $.colour: There is no such field. There are: content, end_user, expires_at, kind, metadata, namespace, "
        "source, tags, trust, valid_from, valid_to, vector.",
    ]


@pytest.mark.parametrize(("data", "said"), [("{", "is not JSON"), ("[]", "is no object")])
def test_it_refuses_data_that_is_no_object(data: str, said: str, acme: Tenant) -> None:
    assert said in refused("create", "--data", data)
    with within(acme.id):
        assert not Memory.objects.exists()


def test_it_knows_its_tenants() -> None:
    assert refused("list", tenant="nobody") == "There is no tenant `nobody`."


def test_it_lists_page_by_page(acme: Tenant) -> None:
    ids = [str(remember(acme, f"Note {number}").id) for number in range(3)]
    first = run("list", "--limit", "2")
    assert ([each["id"] for each in first["results"]], first["next"]) == ([ids[2], ids[1]], ids[1])
    second = run("list", "--limit", "2", "--after", first["next"])
    assert ([each["id"] for each in second["results"]], second["next"]) == ([ids[0]], None)


def test_a_change_names_the_version(acme: Tenant) -> None:
    memory = remember(acme, "Apollo flies on Monday.")
    assert "Give `version`" in refused("update", str(memory.id), "--content", "Never.")
    assert "at version 1, not 2" in refused("update", str(memory.id), "--version", "2", "--content", "Never.")
    assert run("update", str(memory.id), "--version", "1", "--content", "On Tuesday.")["version"] == 2


def test_a_namespace_is_deleted_brought_back_and_purged(acme: Tenant) -> None:
    memory = remember(acme, "Apollo flies on Monday.", namespace="projects")
    assert run("delete", "--namespace", "projects", "--dry-run")["count"] == 1
    deletion = run("delete", "--namespace", "projects")["deletion"]
    assert run("list", "--deleted")["results"][0]["id"] == str(memory.id)
    assert run("restore", "--deletion", deletion) == {"count": 1, "left": 0}
    run("delete", str(memory.id), "--version", "3")
    assert run("purge", "--deleted-before", "2999-01-01T00:00:00Z", "--dry-run")["count"] == 1
    assert run("purge", str(memory.id))["count"] == 1
    with within(acme.id):
        assert not Memory.objects.exists()


def test_it_searches_and_walks(acme: Tenant) -> None:
    one, two = remember(acme, "Apollo flies on Monday."), remember(acme, "Rain.")
    run("link", str(one.id), str(two.id), "caused_by", "--weight", "0.5")
    found = run("search", "When does Apollo fly?", "--limit", "1")["results"]
    assert [each["id"] for each in found] == [str(one.id)]
    walked = run("neighbours", str(one.id), "--hops", "2", "--types", "caused_by", "--direction", "out")
    assert [each["memory"]["id"] for each in walked["results"]] == [str(two.id)]
    assert run("namespaces") == {"next": None, "results": [{"namespace": "default/", "count": 2}]}


def test_it_closes_the_connections_that_a_word_opened(monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> None:
    opened: list[Any] = []

    async def asking(asker: Asker, options: Options) -> Answer:
        loop = asyncio.get_running_loop()
        await egress.send(EgressRequest("GET", upstream.url), rules=EgressRules("acme"))
        await inside.post(upstream.url, "/embed", b"{}", timeout_seconds=10, largest=1_000)
        opened.extend(way.session for key, way in inside._ways.items() if key[1] is loop)
        opened.extend(client._session for key, client in asynchronous._clients.items() if key[1] is loop)
        return Answer({})

    monkeypatch.setattr("memory.words.namespaces.run", asking)
    assert run("namespaces") == {}
    assert [session.closed for session in opened] == [True, True]
