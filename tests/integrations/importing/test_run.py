import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.format.shelf import connector as on_the_shelf
from integrations.importing.run import MOST_ATTEMPTS, run_due, run_import
from integrations.models import ConnectorImport
from integrations.tasks import run_imports
from tests.integrations.importing.orders import again, begin, connector, content, run, told
from tests.upstream import Scripted, Upstream

pytestmark = pytest.mark.django_db(transaction=True)
YAML = b"""
openapi: 3.1.0
info: {title: Parcels}
servers: [{url: /v1}]
paths:
  /parcels:
    get: {operationId: listParcels, parameters: [{$ref: 'limit.yaml'}]}
"""
LIMIT = b"{name: limit, in: query, schema: {type: integer}}"


def generation(tenant: Tenant) -> int:
    with within(tenant.id):
        return Tenant.objects.get(id=tenant.id).generation


def left_at(row: ConnectorImport, **fields: Any) -> None:
    with within(row.tenant_id):
        ConnectorImport.objects.filter(id=row.id).update(**fields)


def test_it_makes_a_connector_of_what_was_handed_in(acme: Tenant) -> None:
    before = generation(acme)
    row = run(begin(acme))
    made = connector(acme)
    assert made is not None
    assert (row.state, row.content, row.error, row.done, row.total) == ("done", None, "", 1, 1)
    assert row.report["version"] == "OpenAPI 3.0.3"
    assert (made.revision, made.source, list(made.document["actions"])) == (1, "openapi", ["list-parcels"])
    assert told()[-1] == (
        "system:tests",
        "import.done",
        {"connector": "parcels", "revision": 1, "operations": 1, "actions": 1},
    )
    assert generation(acme) == before + 1


def test_it_puts_the_connector_on_the_shelf_of_its_tenant_alone(acme: Tenant, globex: Tenant) -> None:
    run(begin(acme))
    with within(acme.id):
        found = on_the_shelf("parcels", tenant_id=acme.id)
    assert found is not None
    assert [action.slug for action in found.actions] == ["list-parcels"]
    with within(globex.id):
        assert on_the_shelf("parcels", tenant_id=globex.id) is None
        assert ConnectorImport.objects.count() == 0


def test_it_keeps_the_names_of_actions_when_it_imports_again(acme: Tenant) -> None:
    first = run(begin(acme, files={"a": content({"/b": {"get": {"operationId": "same"}}})}))
    paths = {f"/{name}": {"get": {"operationId": "same"}} for name in "ab"}
    again = run(begin(acme, files={"a": content(paths)}))
    assert first.report["changes"] is None
    assert [len(slugs) for slugs in again.report["changes"].values()] == [1, 0, 0]
    made = connector(acme)
    assert made is not None
    assert made.revision == 2
    assert made.document["actions"]["same"]["call"] == "GET /b"
    assert len(made.document["actions"]) == 2


def test_it_fetches_the_description_and_what_it_refers_to(acme: Tenant, upstream: Upstream) -> None:
    upstream.will(Scripted(body=YAML), Scripted(body=LIMIT))
    run(begin(acme, origin=f"{upstream.url}/api/openapi.yaml"))
    made = connector(acme)
    assert made is not None
    assert [received.path for received in upstream.received] == ["/api/openapi.yaml", "/api/limit.yaml"]
    assert list(made.document["actions"]["list-parcels"]["parameters"]) == ["limit"]


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Scripted(status=404), "The server answered with the status 404."),
        (Scripted(body=b"<html>"), "This is XML or HTML."),
        (Scripted(body=b"{}"), "This is no OpenAPI description"),
    ],
)
def test_it_says_why_what_was_fetched_is_no_description(
    acme: Tenant, upstream: Upstream, answer: Scripted, sentence: str
) -> None:
    upstream.will(answer)
    row = run(begin(acme, origin=f"{upstream.url}/"))
    assert (row.state, row.content) == ("failed", None)
    assert row.error.startswith(sentence)
    assert connector(acme) is None
    assert told()[-1][1:] == ("import.failed", {"connector": "parcels"})


@pytest.mark.parametrize("origin", ["http://127.0.0.1:9/", "http://169.254.169.254/latest/meta-data/"])
def test_it_fetches_nothing_from_private_addresses(acme: Tenant, origin: str) -> None:
    row = run(begin(acme, origin=origin))
    assert row.state == "failed"
    assert "Egress calls public addresses" in row.error
    assert connector(acme) is None


def test_it_follows_no_reference_to_a_private_address(acme: Tenant) -> None:
    paths = {"/a": {"$ref": "http://169.254.169.254/a.json"}, "/b": {"get": {}}}
    row = run(begin(acme, files={"a": content(paths)}))
    assert row.state == "done"
    assert any("169.254.169.254" in warning["sentence"] for warning in row.report["warnings"])


def test_it_fails_where_nothing_can_be_called(acme: Tenant) -> None:
    row = run(begin(acme, files={"a": content({"/a": {"options": {}}})}))
    assert (row.state, row.error) == (
        "failed",
        "Not one of the described operations can be called. Of the first: OPTIONS is nothing that a tool calls.",
    )


def test_it_carries_out_whatever_waits(acme: Tenant, globex: Tenant) -> None:
    mine, theirs = begin(acme), begin(globex)
    run_imports()
    assert [again(row).state for row in (mine, theirs)] == ["done", "done"]
    assert run_due() == 0


def test_it_does_nothing_for_an_import_that_has_ended(acme: Tenant) -> None:
    row = run(begin(acme))
    run(row)
    made = connector(acme)
    assert made is not None
    assert made.revision == 1


def test_it_leaves_an_import_to_the_process_that_was_heard_of(acme: Tenant) -> None:
    row = begin(acme)
    left_at(row, state="running")
    assert run_due() == 0
    assert run(row).state == "running"


def test_it_takes_up_what_a_lost_process_left(acme: Tenant) -> None:
    row = begin(acme)
    left_at(row, state="running", attempts=1, noted_at=timezone.now() - timedelta(minutes=5))
    assert run_due() == 1
    assert (again(row).state, again(row).attempts) == ("done", 2)


def test_it_gives_up_what_keeps_ending_its_processes(acme: Tenant) -> None:
    row = begin(acme)
    left_at(row, state="running", attempts=MOST_ATTEMPTS, noted_at=timezone.now() - timedelta(minutes=5))
    run_due()
    row = again(row)
    assert (row.state, row.content) == ("failed", None)
    assert row.error == "The import was broken off 3 times. Hand in a part of the files."
    assert connector(acme) is None


def test_it_is_carried_out_once_by_two_workers(acme: Tenant) -> None:
    row = begin(acme)
    order = {"tenant_id": row.tenant_id, "import_id": row.id}
    threads = [threading.Thread(target=lambda: run_import(**order)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = connector(acme)
    assert made is not None
    assert (made.revision, again(row).attempts) == (1, 1)
