import base64
import os
from pathlib import Path

import pytest

from integrations.vault.keyring import KeyFileError, Keyring, WrongKey, keyring, read_key_file
from tests.integrations.vault.conftest import MakeKeyFile

KEY = bytes(range(32))


@pytest.mark.parametrize("mode", [0o600, 0o400])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
def test_it_reads_32_bytes_in_base64(make_key_file: MakeKeyFile, mode: int, ending: bytes) -> None:
    assert read_key_file(make_key_file(base64.b64encode(KEY) + ending, mode)) == KEY


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601, 0o777])
def test_it_refuses_a_file_that_others_may_read(make_key_file: MakeKeyFile, mode: int) -> None:
    with pytest.raises(KeyFileError, match=f"read by others than its owner .mode 0{mode:o}."):
        read_key_file(make_key_file(mode=mode))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"not base64 at all!",
        base64.b64encode(KEY[:31]),
        base64.b64encode(KEY + b"x"),
        base64.b64encode(KEY) + b"\n" + base64.b64encode(KEY) + b"\n",
        KEY,
        b" " + base64.b64encode(KEY),
        base64.b64encode(KEY) * 10,
    ],
)
def test_it_refuses_a_file_that_holds_something_else(make_key_file: MakeKeyFile, content: bytes) -> None:
    with pytest.raises(KeyFileError, match="does not hold 32 bytes in base64 on one line"):
        read_key_file(make_key_file(content))


def test_it_says_when_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="does not exist"):
        read_key_file(tmp_path / "lost.key")
    with pytest.raises(KeyFileError, match="cannot be read: Is a directory"):
        read_key_file(tmp_path)
    with pytest.raises(KeyFileError, match="cannot be read: Not a directory"):
        read_key_file(Path(__file__) / "vault.key")


def test_it_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="is not a file"):
        read_key_file(tmp_path / "pipe")


def test_it_reads_the_file_once() -> None:
    assert keyring() is keyring()


def test_it_unwraps_what_it_wrapped() -> None:
    wrapped = Keyring(KEY).wrap(b"data key", context=b"acme 1")
    assert b"data key" not in wrapped
    assert Keyring(KEY).unwrap(wrapped, context=b"acme 1") == b"data key"


@pytest.mark.parametrize("at", [0, 1, 8, 9, 20, 21, -1])
def test_it_refuses_what_was_changed(at: int) -> None:
    wrapped = bytearray(Keyring(KEY).wrap(b"data key", context=b"acme 1"))
    wrapped[at] ^= 1
    with pytest.raises(WrongKey):
        Keyring(KEY).unwrap(bytes(wrapped), context=b"acme 1")


@pytest.mark.parametrize("length", [0, 1, 9, 15, 21, 30])
def test_it_refuses_what_was_cut(length: int) -> None:
    wrapped = Keyring(KEY).wrap(b"data key", context=b"acme 1")
    with pytest.raises(WrongKey):
        Keyring(KEY).unwrap(wrapped[:length], context=b"acme 1")


def test_it_refuses_what_was_wrapped_with_another_key_or_for_another_place() -> None:
    wrapped = Keyring(KEY).wrap(b"data key", context=b"acme 1")
    with pytest.raises(WrongKey):
        Keyring(KEY[::-1]).unwrap(wrapped, context=b"acme 1")
    with pytest.raises(WrongKey):
        Keyring(KEY).unwrap(wrapped, context=b"acme 2")


def test_it_never_shows_its_key() -> None:
    ring = Keyring(KEY)
    assert repr(ring) == f"Keyring({ring.key_id.hex()})"
    assert KEY.hex()[:16] not in repr(ring)
