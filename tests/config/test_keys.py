import base64
from pathlib import Path

import pytest

from config.supervisor import keys
from config.supervisor.errors import CannotStart

OWN_DATABASE = {"DATABASE_URL": "postgresql://qm_app@db/quartermaster"}


def test_it_makes_both_keys_once_and_for_us_alone(tmp_path: Path) -> None:
    assert keys.make_or_find(tmp_path, {}) == ["secret_key", "vault.key"]
    made = {name: (tmp_path / name).read_text() for name in ("secret_key", "vault.key")}
    assert len(base64.b64decode(made["vault.key"], validate=False)) == 32
    assert made["vault.key"].count("\n") == 1
    assert len(made["secret_key"]) > 50
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in made} == {0o600}
    assert keys.make_or_find(tmp_path, {}) == []
    assert {name: (tmp_path / name).read_text() for name in made} == made


def test_it_makes_none_that_was_given(tmp_path: Path) -> None:
    assert keys.make_or_find(tmp_path, {"SECRET_KEY": "given", "VAULT_KEY_FILE": "/run/secrets/vault"}) == []
    assert list(tmp_path.iterdir()) == []


def test_it_makes_no_vault_key_where_kms_has_it(tmp_path: Path) -> None:
    in_kms = {"SECRET_KEY": "given", "VAULT_KMS_KEY_ID": "alias/quartermaster"}
    assert keys.make_or_find(tmp_path, in_kms) == []
    assert keys.make_or_find(tmp_path, {**OWN_DATABASE, **in_kms}) == []
    assert list(tmp_path.iterdir()) == []


def test_it_never_replaces_a_lost_vault_key_beside_a_database(tmp_path: Path) -> None:
    (tmp_path / "pg18").mkdir()
    with pytest.raises(CannotStart, match="Put the key back"):
        keys.make_or_find(tmp_path, {})
    assert not (tmp_path / "vault.key").exists()


def test_it_refuses_to_make_keys_for_somebody_elses_database(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"(?s)SECRET_KEY .*VAULT_KEY_FILE "):
        keys.make_or_find(tmp_path, OWN_DATABASE)
    assert list(tmp_path.iterdir()) == []


def test_it_asks_only_for_the_key_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(CannotStart) as refused:
        keys.make_or_find(tmp_path, {**OWN_DATABASE, "SECRET_KEY": "given"})
    assert "VAULT_KEY_FILE" in str(refused.value)
    assert "SECRET_KEY" not in str(refused.value)


def test_it_takes_the_keys_it_finds(tmp_path: Path) -> None:
    keys.make_or_find(tmp_path, {})
    assert keys.make_or_find(tmp_path, OWN_DATABASE) == []


def test_it_refuses_a_key_file_that_is_not_there(tmp_path: Path) -> None:
    given = {**OWN_DATABASE, "SECRET_KEY": "given", "VAULT_KEY_FILE": str(tmp_path / "none")}
    with pytest.raises(CannotStart, match="VAULT_KEY_FILE"):
        keys.make_or_find(tmp_path, given)
