from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from integrations.vault.memory import KEPT, KEPT_SECONDS, KeysInMemory

ACME, GLOBEX = uuid4(), uuid4()
KEY: Any = object()


def test_it_is_bounded() -> None:
    keys, now = KeysInMemory(), monotonic()
    for version in range(1, KEPT + 3):
        keys.put(ACME, version, version, KEY, asked_at=now)
    assert len(keys) == KEPT
    assert keys.get(ACME, 1) is None
    assert keys.get(ACME, 3) == (3, KEY)


def test_it_forgets_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = KeysInMemory()
    keys.put(ACME, 1, 1, KEY, asked_at=monotonic())
    assert keys.get(ACME, 1) == (1, KEY)
    monkeypatch.setattr("integrations.vault.memory.monotonic", lambda: monotonic() + KEPT_SECONDS)
    assert keys.get(ACME, 1) is None


def test_the_time_counts_from_before_the_database_was_asked() -> None:
    keys = KeysInMemory()
    keys.put(ACME, 1, 1, KEY, asked_at=monotonic() - KEPT_SECONDS - 1)
    assert keys.get(ACME, 1) is None


def test_it_forgets_a_tenants_keys_at_once() -> None:
    keys = KeysInMemory()
    for tenant in (ACME, GLOBEX):
        keys.put(tenant, 1, 1, KEY, asked_at=monotonic())
    keys.forget(ACME)
    assert (keys.get(ACME, 1), keys.get(GLOBEX, 1)) == (None, (1, KEY))
