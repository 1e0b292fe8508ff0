import base64
import os
from pathlib import Path
from uuid import UUID

import pytest

from integrations.vault.keyring import FileKeyring, KeyFileError, file_keyring, new_key_file, read_key_file
from integrations.vault.wrapping import Belongs
from tests.integrations.vault.conftest import MakeKeyFile

KEY = bytes(range(32))
WRAPPED_BEFORE = bytes.fromhex(
    "01730d5f4e49c994db209a3187b9b85001491f2ed0d3577342ed26cf5eb45e1c547cc6df64bad338ab578e781c8f453d68d9f8963953e0ab3c"
    "16c94744e56b9847c954f5c6"
)


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


def test_it_reads_the_file_once(make_key_file: MakeKeyFile) -> None:
    file = make_key_file()
    assert file_keyring(file) is file_keyring(file)


def test_it_makes_a_file_that_it_can_read(tmp_path: Path) -> None:
    made = new_key_file(tmp_path / "new.key")
    assert (tmp_path / "new.key").stat().st_mode & 0o777 == 0o600
    assert file_keyring(tmp_path / "new.key").key_id == made.key_id


def test_it_never_overwrites_a_key(make_key_file: MakeKeyFile) -> None:
    before = (file := make_key_file()).read_bytes()
    with pytest.raises(KeyFileError, match="A key is never overwritten"):
        new_key_file(file)
    assert file.read_bytes() == before


def test_it_says_where_it_cannot_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot be made: No such file or directory"):
        new_key_file(tmp_path / "nowhere" / "new.key")


def test_it_unwraps_what_was_wrapped_before_there_were_others() -> None:
    """Format 1 as it has been since the first release."""
    assert FileKeyring(KEY).unwrap(WRAPPED_BEFORE, belongs=Belongs(UUID(int=7), 1)) == bytes(32)


def test_it_never_shows_its_key() -> None:
    ring = FileKeyring(KEY)
    assert repr(ring) == f"FileKeyring({ring.key_id})"
    assert KEY.hex()[:16] not in repr(ring)
