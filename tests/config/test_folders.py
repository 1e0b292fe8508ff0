import os
from pathlib import Path

import pytest

from config.embedded import folders
from config.embedded.errors import EmbeddedServerError


def test_it_makes_a_folder_that_nobody_else_can_enter(tmp_path: Path) -> None:
    made = folders.make_private(tmp_path / "a" / "b")
    assert made.stat().st_mode & 0o777 == 0o700


def test_it_closes_an_open_folder(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert folders.make_private(tmp_path / "open").stat().st_mode & 0o777 == 0o700


def test_it_refuses_a_link_that_somebody_put_there(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "ours").symlink_to(tmp_path / "theirs")
    with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
        folders.make_private(tmp_path / "ours")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_it_refuses_a_folder_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 65534, 65534)
    with pytest.raises(EmbeddedServerError, match="belongs to somebody else"):
        folders.make_private(tmp_path / "theirs")


def test_it_moves_a_long_log_aside(tmp_path: Path) -> None:
    log = folders.log_file(tmp_path, "web")
    log.write_bytes(b"x" * (folders.LONGEST_LOG_BYTES + 1))
    assert folders.log_file(tmp_path, "web") == log
    assert not log.exists()
    assert (tmp_path / "log" / "web.log.1").exists()


def test_it_shows_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("\n".join(map(str, range(100))))
    assert folders.last_lines(log, 2) == "98\n99"
    assert folders.last_lines(tmp_path / "none.log") == ""
