"""What every keyring does, wherever its key is kept."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

import pytest

from integrations.vault.accepted import Accepted, try_keyring
from integrations.vault.keyring import FileKeyring
from integrations.vault.kms import KmsKeyring
from integrations.vault.wrapping import Belongs, Keyring, KeyringUnusable, WrongKey, key_id_of

DATA_KEY = bytes(range(32))
ACMES = Belongs(UUID(int=7), version=1)
NewKeyring = Callable[[], Keyring]


@pytest.fixture(params=["file", "kms"])
def new_keyring(request: pytest.FixtureRequest) -> NewKeyring:
    """Each with a key of its own."""
    if request.param == "file":
        keys = iter(range(1, 256))
        return lambda: FileKeyring(bytes([next(keys)]) * 32)
    kms, url = request.getfixturevalue("kms"), request.getfixturevalue("kms_server")
    return lambda: KmsKeyring(kms.create_key()["KeyMetadata"]["KeyId"], endpoint=url)


@pytest.fixture
def ours(new_keyring: NewKeyring) -> Keyring:
    return new_keyring()


def test_it_unwraps_what_it_wrapped(ours: Keyring) -> None:
    wrapped = ours.wrap(DATA_KEY, belongs=ACMES)
    assert DATA_KEY not in wrapped
    assert ours.unwrap(wrapped, belongs=ACMES) == DATA_KEY
    try_keyring(ours)


def test_it_marks_what_it_wrapped(ours: Keyring, new_keyring: NewKeyring) -> None:
    assert ours.wrap(DATA_KEY, belongs=ACMES).startswith(ours.mark)
    assert new_keyring().mark != ours.mark


@pytest.mark.parametrize("other", [replace(ACMES, tenant_id=UUID(int=8)), replace(ACMES, version=2)])
def test_it_refuses_what_belongs_elsewhere(ours: Keyring, other: Belongs) -> None:
    wrapped = ours.wrap(DATA_KEY, belongs=ACMES)
    with pytest.raises(WrongKey):
        ours.unwrap(wrapped, belongs=other)


def test_it_refuses_what_another_key_has_wrapped(ours: Keyring, new_keyring: NewKeyring) -> None:
    with pytest.raises(WrongKey):
        ours.unwrap(new_keyring().wrap(DATA_KEY, belongs=ACMES), belongs=ACMES)


@pytest.mark.parametrize("at", [0, 1, 8, -1])
def test_it_refuses_what_was_changed(ours: Keyring, at: int) -> None:
    wrapped = bytearray(ours.wrap(DATA_KEY, belongs=ACMES))
    wrapped[at] ^= 1
    with pytest.raises(WrongKey):
        ours.unwrap(bytes(wrapped), belongs=ACMES)


@pytest.mark.parametrize("length", [0, 1, 9, 15, 30, -1])
def test_it_refuses_what_was_cut(ours: Keyring, length: int) -> None:
    wrapped = ours.wrap(DATA_KEY, belongs=ACMES)
    with pytest.raises(WrongKey):
        ours.unwrap(wrapped[:length], belongs=ACMES)


def test_what_it_wrapped_says_by_which_key(ours: Keyring) -> None:
    assert key_id_of(ours.wrap(DATA_KEY, belongs=ACMES)) == ours.key_id


def test_two_are_accepted_during_a_change(ours: Keyring, new_keyring: NewKeyring) -> None:
    before, stranger = new_keyring(), new_keyring()
    both = Accepted(ours, before)
    assert both.unwrap(before.wrap(DATA_KEY, belongs=ACMES), belongs=ACMES) == DATA_KEY
    assert both.wrap(DATA_KEY, belongs=ACMES).startswith(ours.mark)
    with pytest.raises(WrongKey):
        both.unwrap(stranger.wrap(DATA_KEY, belongs=ACMES), belongs=ACMES)
    with pytest.raises(WrongKey):
        Accepted(ours).unwrap(before.wrap(DATA_KEY, belongs=ACMES), belongs=ACMES)


def test_it_says_when_a_key_does_not_open_its_own() -> None:
    class Forgetful(FileKeyring):
        def unwrap(self, wrapped: bytes, *, belongs: Belongs) -> bytes:
            raise WrongKey

    with pytest.raises(KeyringUnusable, match="does not open what it has just sealed"):
        try_keyring(Forgetful(bytes(32)))
