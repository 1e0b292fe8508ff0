from typing import Any

import pytest
from django.db import connections

from registry.checks import check_approval_time, check_artifact_storage, check_json_indexes
from tests.servers import Servers

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_content_with_a_database_that_was_set_up() -> None:
    assert check_json_indexes(databases=["default", "owner"]) == []


def test_it_says_that_the_indexes_cannot_be_used(servers: Servers) -> None:
    with servers.connect_as_superuser() as superuser:
        superuser.execute("ALTER FUNCTION jsonb_exists(jsonb, text) NOT LEAKPROOF")
        try:
            [message] = check_json_indexes(databases=["default"])
        finally:
            superuser.execute("ALTER FUNCTION jsonb_exists(jsonb, text) LEAKPROOF")
    assert message.id == "registry.W001"
    assert "jsonb_exists may leak" in message.msg
    assert message.hint is not None


def test_it_asks_only_the_database_that_serves() -> None:
    assert check_json_indexes() == []
    assert check_json_indexes(databases=["owner"]) == []


def test_it_leaves_a_database_that_is_away_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connections["default"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "HOST", "/nowhere")
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", {})
    assert check_json_indexes(databases=["default"]) == []


@pytest.mark.parametrize(
    ("seconds", "ids"), [(10, []), (3600, []), (9, ["registry.E001"]), (2_592_001, ["registry.E001"])]
)
def test_it_wants_people_to_have_time_to_decide(settings: Any, seconds: int, ids: list[str]) -> None:
    settings.APPROVAL_EXPIRES_SECONDS = seconds
    assert [message.id for message in check_approval_time()] == ids


def test_it_says_when_nothing_speaks_to_the_bucket(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_artifact_storage() == []
    settings.ARTIFACTS_S3_BUCKET = "artifacts"
    assert check_artifact_storage() == []
    monkeypatch.setattr("registry.checks.find_spec", lambda name: None)
    (message,) = check_artifact_storage()
    assert (message.id, message.hint) == ("registry.E002", 'Install the extra: pip install ".[s3]".')
