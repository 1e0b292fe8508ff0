import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from config.embedded import addresses, children, valkey
from config.embedded.errors import EmbeddedServerError

Processes = list[subprocess.Popen[bytes]]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Processes]:
    processes: Processes = []
    yield processes
    for process in processes:
        children.stop(process, valkey.STOP)


def client(data_dir: Path) -> redis.Redis:
    return redis.Redis.from_url(addresses.redis_url(data_dir), decode_responses=True)


def test_it_answers_and_drops_no_message_when_memory_is_short(tmp_path: Path, started: Processes) -> None:
    started.append(valkey.start(tmp_path))
    with client(tmp_path) as connection:
        assert connection.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert connection.config_get("port") == {"port": "0"}
    assert (addresses.socket_folder(tmp_path) / "valkey.sock").stat().st_mode & 0o077 == 0


def test_it_keeps_what_was_written_when_it_is_killed(tmp_path: Path, started: Processes) -> None:
    started.append(valkey.start(tmp_path))
    with client(tmp_path) as connection:
        connection.config_set("appendfsync", "always")
        connection.set("jar", "plum")
    started[0].kill()
    started[0].wait()
    started.append(valkey.start(tmp_path))
    with client(tmp_path) as connection:
        assert connection.get("jar") == "plum"


def test_it_shows_the_log_when_the_server_does_not_start(
    tmp_path: Path, started: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey, "OPTIONS", (*valkey.OPTIONS, "--no-such-option", "1"))
    with pytest.raises(EmbeddedServerError, match=r"(?s)did not start.*no-such-option"):
        valkey.start(tmp_path)


def test_it_is_not_ready_where_nothing_listens(tmp_path: Path) -> None:
    assert not valkey.is_ready(tmp_path)


def test_it_says_what_to_do_where_there_is_no_wheel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])
    with pytest.raises(EmbeddedServerError, match="Set REDIS_URL"):
        valkey.binary()
