from typing import Any

import pytest
from django.core import checks as django_checks
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from pytest_django.fixtures import Settings

from config import checks
from config.embedded import addresses
from tests.servers import Servers

pytestmark = pytest.mark.django_db


def connect(servers: Servers, role: str, database: str = "quartermaster") -> BaseDatabaseWrapper:
    options = {"host": str(addresses.socket_folder(servers.data_dir))}
    engine = "django.db.backends.postgresql"
    handler = ConnectionHandler({"default": {"ENGINE": engine, "NAME": database, "USER": role, "OPTIONS": options}})
    return handler["default"]


def ids(found: list[django_checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in found]


def examine(servers: Servers, role: str, *, migrates: bool = False, database: str = "quartermaster") -> list[Any]:
    connection = connect(servers, role, database)
    try:
        return checks.examine(connection, migrates=migrates)
    finally:
        connection.close()


def test_it_finds_nothing_wrong_with_the_two_roles() -> None:
    assert checks.check_database(databases=["default", "owner"]) == []


def test_it_looks_at_no_database_unless_asked() -> None:
    assert checks.check_database() == []
    assert checks.check_redis() == []


def test_it_is_part_of_djangos_own_checks() -> None:
    registered = django_checks.registry.registry.get_checks()
    assert {checks.check_database, checks.check_redis} <= set(registered)


def test_it_refuses_a_superuser(servers: Servers) -> None:
    assert ids(examine(servers, "postgres")) == ["config.E005"]
    assert ids(examine(servers, "postgres", migrates=True)) == ["config.E005"]


def test_it_refuses_a_role_that_bypasses_row_level_security() -> None:
    role = checks.Role("app", is_superuser=False, bypasses_row_level_security=True, may_create=False)
    found = checks.judge_serving_role(role)
    assert found is not None
    assert found.id == "config.E005"
    assert "allowed to bypass row-level security" in found.msg


def test_it_refuses_to_migrate_as_a_role_that_may_not(servers: Servers) -> None:
    assert ids(examine(servers, "qm_app", migrates=True)) == ["config.E006"]


def test_it_warns_when_the_owner_serves(servers: Servers) -> None:
    assert ids(examine(servers, "qm_owner")) == ["config.W007"]


def test_it_names_a_missing_extension_and_says_how_to_get_it(servers: Servers) -> None:
    found = examine(servers, "qm_app", database="postgres")
    assert ids(found) == ["config.E003"]
    assert "deploy/postgres-init.sql" in found[0].hint


def test_it_names_a_missing_role_and_says_which_setting_to_check(servers: Servers) -> None:
    found = examine(servers, "nobody", migrates=True)
    assert ids(found) == ["config.E001"]
    assert 'role "nobody" does not exist' in found[0].msg
    assert found[0].hint.startswith("Check DATABASE_OWNER_URL")


@pytest.mark.parametrize(("version", "expected"), [(150012, "config.E002"), (160000, None), (180004, None)])
def test_it_refuses_a_postgresql_older_than_16(version: int, expected: str | None) -> None:
    found = checks.judge_version(version)
    assert (found and found.id) == expected


@pytest.mark.parametrize(("version", "expected"), [("0.8.3", "config.E004"), ("0.8.4", None), ("0.10.0", None)])
def test_it_refuses_a_pgvector_older_than_0_8_4(version: str, expected: str | None) -> None:
    found = checks.judge_pgvector(version)
    assert (found and found.id) == expected


@pytest.mark.parametrize("url", ["unix:///nowhere/valkey.sock", "redis://127.0.0.1:1/0", "ftp://example.com"])
def test_it_says_when_valkey_is_away(settings: Settings, url: str) -> None:
    settings.REDIS_URL = url
    found = checks.check_redis(databases=["default"])
    assert ids(list(found)) == ["config.E010"]
    assert "REDIS_URL" in str(found[0].hint)
