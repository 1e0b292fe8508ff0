"""The one-shot child that checks, migrates and seeds, against the servers of this test run."""

import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import Tenant
from accounts.tenancy import platform
from config.supervisor.errors import CannotStart
from config.supervisor.preparation import prepare
from config.supervisor.services import Surroundings
from config.supervisor.signals import Signals
from tests.running import environment


def run(data_dir: Path, **more: str) -> dict[str, Any]:
    with (data_dir / "lock").open("w") as lock, Signals() as signals:
        return prepare(Surroundings(data_dir, environment(DATA_DIR=str(data_dir), **more), lock.fileno()), signals)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    for name in ("run", "static"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.django_db(transaction=True)
def test_it_migrates_and_gives_the_first_secrets_back_once(data_dir: Path) -> None:
    ours = {name: os.environ[name] for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY")}
    made = run(data_dir, VAULT_KEY_FILE=os.environ["VAULT_KEY_FILE"], **ours)
    assert made["problems"] == []
    assert set(made["seed"]) == {"login", "password", "agent_key", "tool", "curl_body", "hook_path", "hook_body"}
    with platform():
        assert Tenant.objects.filter(slug="demo").count() == 1
    assert run(data_dir, VAULT_KEY_FILE=os.environ["VAULT_KEY_FILE"], **ours)["seed"] is None
    assert made["seed"]["agent_key"] not in (data_dir / "log" / "prepare.log").read_text()


def test_what_is_wrong_is_said_in_sentences(data_dir: Path) -> None:
    away = f"postgresql://qm_app@/quartermaster?host={data_dir}"
    with pytest.raises(CannotStart) as refused:
        run(data_dir, DATABASE_URL=away, REDIS_URL="unix:///nowhere.sock", SECRET_KEY="x")
    said = str(refused.value)
    assert "config.E010: Valkey cannot be reached" in said
    assert "config.E001: PostgreSQL cannot be used" in said
    assert "Traceback" not in said


def test_a_crash_shows_the_end_of_the_log(data_dir: Path) -> None:
    with pytest.raises(CannotStart, match=r"(?s)could not be prepared.*ModuleNotFoundError"):
        run(data_dir, DATABASE_URL="x", DJANGO_SETTINGS_MODULE="no.such.settings")


@pytest.mark.django_db(transaction=True)
def test_by_hand_it_writes_the_result_to_standard_output(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    settings.REDIS_URL = "unix:///nowhere.sock"
    with pytest.raises(SystemExit):
        call_command("prepare", stdout=StringIO())
    assert "config.E010" in capfd.readouterr().out
