"""`imports/`: handed in as JSON or as files, larger than other bodies, and told about until it has ended."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Tenant
from accounts.tenancy import within
from integrations.api import import_bodies
from integrations.importing.files import unpack
from integrations.importing.run import run_import
from integrations.models import ConnectorImport
from tests.accounts.api.problems import refusal, refused_fields
from tests.doors import Answer, Api
from tests.integrations.importing.orders import content
from tests.integrations.openapi.described import description

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = content().decode()


def orders(tenant: Tenant) -> list[ConnectorImport]:
    with within(tenant.id):
        return list(ConnectorImport.objects.all())


def sent(api: Api, *files: tuple[str, bytes], **fields: Any) -> Answer:
    """As a form with files."""
    uploaded = [SimpleUploadedFile(name, read) for name, read in files]
    form = {"slug": "parcels", "files": uploaded, **fields}
    return api.client.post("/api/v1/imports/", form, headers={"Authorization": f"Bearer {api.key}"})


def ended(api: Api, tenant: Tenant, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("imports/", body)
    assert answer.status_code == 202, answer.text
    run_import(tenant_id=tenant.id, import_id=answer.json()["id"])
    told: dict[str, Any] = api.get(f"imports/{answer.json()['id']}/").json()
    return told


# --- Handing in ---


def test_it_takes_a_text(steward_api: Api, acme: Tenant) -> None:
    answer = steward_api.post("imports/", {"slug": "parcels", "document": TEXT})
    (row,) = orders(acme)
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/imports/{row.id}/")
    told = answer.json()
    assert (told["connector"], told["state"], told["url"], told["report"]) == ("parcels", "waiting", "", None)
    assert list(unpack(bytes(row.content or b"")).contents.values()) == [TEXT.encode()]


def test_it_takes_an_address(steward_api: Api, acme: Tenant) -> None:
    told = steward_api.post("imports/", {"slug": "parcels", "url": "https://api.example/openapi.json"}).json()
    assert told["url"] == "https://api.example/openapi.json"


def test_it_takes_files_by_name(steward_api: Api, acme: Tenant) -> None:
    files = {"openapi.json": TEXT, "schemas/parcel.yaml": "type: object"}
    assert steward_api.post("imports/", {"slug": "parcels", "files": files}).status_code == 202
    assert unpack(bytes(orders(acme)[0].content or b"")).main == "openapi.json"


def test_it_takes_the_files_of_a_form(steward_api: Api, acme: Tenant) -> None:
    assert sent(steward_api, ("openapi.json", TEXT.encode()), ("parcel.yaml", b"type: object")).status_code == 202
    kept = unpack(bytes(orders(acme)[0].content or b""))
    assert (kept.main, sorted(kept.contents)) == ("openapi.json", ["openapi.json", "parcel.yaml"])


def test_it_takes_more_than_other_addresses(steward_api: Api, settings: Any) -> None:
    settings.REQUEST_BODY_LIMIT_BYTES = 1_000
    padded = content({"/x": {"get": {"description": "x" * 5_000, "responses": {}}}}).decode()
    assert steward_api.post("imports/", {"slug": "parcels", "document": padded}).status_code == 202
    assert refusal(steward_api.post("connections/", {"name": padded}))[:2] == (413, "too_large")


@pytest.mark.parametrize("how", ["json", "form"])
def test_it_takes_no_end_of_bytes(steward_api: Api, acme: Tenant, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    monkeypatch.setattr(import_bodies, "LARGEST_BODY_BYTES", 100)
    if how == "json":
        answer = steward_api.post("imports/", {"slug": "parcels", "document": TEXT})
    else:
        answer = sent(steward_api, ("openapi.json", TEXT.encode()))
    assert refusal(answer)[:2] == (413, "too_large")
    assert orders(acme) == []


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"slug": "parcels"}, ["$.url"]),
        ({"slug": "No Slug", "document": TEXT}, ["$.slug"]),
        ({"slug": "a" * 24, "document": TEXT}, ["$.slug"]),
        ({"slug": "parcels", "document": {"openapi": "3.1.0"}}, ["$.document"]),
        ({"slug": "parcels", "document": TEXT, "token": "x"}, ["$.token"]),
        ({"slug": "parcels", "files": {"a.json": TEXT}, "main": "b.json"}, ["$.main"]),
        ({"slug": "parcels", "files": {"a.json": 5}}, ["$.files.a.json"]),
        ({"slug": "parcels", "document": "PK\x03\x04 a zip"}, ["$.files.document"]),
        ({"document": TEXT}, ["$.slug"]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_it_names_what_is_wrong(steward_api: Api, acme: Tenant, body: dict[str, Any], fields: list[str]) -> None:
    assert refused_fields(steward_api.post("imports/", body)) == fields
    assert orders(acme) == []


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"slug": ["parcels", "letters"]}, ["$.slug"]),
        ({"token": "x"}, ["$.token"]),
        ({"files": "a text"}, ["$.files[0]"]),
        ({"main": "b.json"}, ["$.main"]),
    ],
)
def test_it_names_what_is_wrong_with_a_form(
    steward_api: Api, acme: Tenant, fields: dict[str, Any], refused: list[str]
) -> None:
    assert refused_fields(sent(steward_api, ("openapi.json", TEXT.encode()), **fields)) == refused
    assert orders(acme) == []


def test_it_tells_files_of_one_name_apart_in_json_only(steward_api: Api, acme: Tenant) -> None:
    answer = sent(steward_api, ("openapi.json", TEXT.encode()), ("openapi.json", b"{}"))
    assert refused_fields(answer) == ["$.files"]
    assert orders(acme) == []


def test_it_refuses_what_is_no_form(steward_api: Api, acme: Tenant) -> None:
    answer = steward_api.post("imports/", b"nothing", content_type="multipart/form-data; boundary=x")
    assert refused_fields(answer) == ["$.slug"]
    assert refusal(steward_api.post("imports/", b"<xml/>", content_type="application/xml"))[0] == 415
    assert orders(acme) == []


def test_it_refuses_a_shipped_connectors_name(steward_api: Api, acme: Tenant) -> None:
    assert refusal(steward_api.post("imports/", {"slug": "slack", "document": TEXT}))[:2] == (409, "conflict")
    assert orders(acme) == []


def test_it_needs_the_right_to_credentials(operator_api: Api, acme: Tenant) -> None:
    assert refusal(operator_api.post("imports/", {"slug": "parcels", "document": TEXT}))[:2] == (403, "forbidden")
    assert orders(acme) == []


# --- What came of it ---


def test_it_tells_what_became_of_it(steward_api: Api, acme: Tenant) -> None:
    paths = {
        "/parcels": {"get": {"operationId": "list", "responses": {}}},
        "/stores": {"trace": {"operationId": "trace", "responses": {}}},
    }
    told = ended(steward_api, acme, {"slug": "parcels", "document": content(paths).decode()})
    assert (told["state"], told["error"]) == ("done", "")
    report = told["report"]
    assert (report["operations"], report["actions"], report["reasons"]) == (2, 1, {"method": 1})
    assert report["changes"] is None
    assert "skipped" not in report


def test_it_lists_what_was_skipped(steward_api: Api, acme: Tenant) -> None:
    paths: dict[str, Any] = {f"/stores/{n}": {"trace": {"responses": {}}} for n in range(3)}
    paths["/parcels"] = {"get": {"operationId": "list", "responses": {}}}
    told = ended(steward_api, acme, {"slug": "parcels", "document": content(paths).decode()})
    address = f"imports/{told['id']}/skipped/"
    skipped = steward_api.get(address).json()["results"]
    assert [(each["method"].upper(), each["path"], each["reason"]) for each in skipped] == [
        ("TRACE", f"/stores/{n}", "method") for n in range(3)
    ]
    assert len(steward_api.get(address, {"search": "stores/1"}).json()["results"]) == 1
    assert steward_api.get(address, {"reason": "cookie"}).json()["results"] == []
    assert refused_fields(steward_api.get(address, {"reason": "weather"})) == ["reason"]


def test_it_tells_what_a_later_import_changed(steward_api: Api, acme: Tenant) -> None:
    def described(*names: str, **more: str) -> str:
        paths = {f"/{n}": {"get": {"operationId": n, "summary": more.get(n, n), "responses": {}}} for n in names}
        return json.dumps(description(paths))

    ended(steward_api, acme, {"slug": "parcels", "document": described("find", "track", "lose")})
    told = ended(steward_api, acme, {"slug": "parcels", "document": described("find", "track", "send", track="Follow")})
    assert told["report"]["changes"] == {"added": ["send"], "changed": ["track"], "removed": ["lose"]}


def test_it_tells_why_it_failed(steward_api: Api, acme: Tenant) -> None:
    told = ended(steward_api, acme, {"slug": "parcels", "document": "just: yaml"})
    assert (told["state"], told["report"]) == ("failed", None)
    assert told["error"] != ""


def test_it_lists_imports(steward_api: Api, operator_api: Api, spy_api: Api, acme: Tenant) -> None:
    told = ended(steward_api, acme, {"slug": "parcels", "document": TEXT})
    assert operator_api.get("imports/").json()["results"] == [told]
    assert operator_api.get("imports/", {"connector": "letters"}).json()["results"] == []
    assert operator_api.get("imports/", {"state": "failed"}).json()["results"] == []
    assert spy_api.get("imports/").json()["results"] == []
    for path in ("", "skipped/"):
        assert refusal(spy_api.get(f"imports/{told['id']}/{path}"))[:2] == (404, "not_found")
