import logging
from typing import Any

import pytest

from registry.live import board


def test_what_was_written_is_read_by_everybody() -> None:
    board.write({"a": "1", "b": "two"}, seconds=60)
    assert board.read(["a", "missing", "b"]) == [b"1", None, b"two"]


def test_writing_nothing_asks_nobody(redis_away: None, caplog: pytest.LogCaptureFixture) -> None:
    board.write({}, seconds=60)
    assert caplog.records == []


class TestAway:
    def test_nothing_is_there_and_nothing_is_kept(self, redis_away: None) -> None:
        board.write({"a": "1"}, seconds=60)
        assert board.read(["a", "b"]) == [None, None]
        assert board.run("return 1", [], []) is None

    def test_it_is_left_alone_for_a_second(
        self, redis_away: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with caplog.at_level(logging.WARNING):
            for _ in range(5):
                board.read(["a"])
            assert [record.getMessage() for record in caplog.records] == [
                "Redis is away (ConnectionError): live updates pause."
            ]
            monkeypatch.setattr(board, "_away_until", 0.0)
            board.read(["a"])
        assert len(caplog.records) == 2

    def test_it_is_found_again(self, settings: Any, tmp_path: Any) -> None:
        home = settings.REDIS_URL
        settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
        board.forget()
        assert board.read(["a"]) == [None]
        settings.REDIS_URL = home
        board.forget()
        board.write({"a": "1"}, seconds=60)
        assert board.read(["a"]) == [b"1"]
