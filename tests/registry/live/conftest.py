from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import Tenant
from registry.live import board
from registry.live.socket import Timing
from tests.corridor import Loop
from tests.registry.live.rows import seal
from tests.registry.live.sockets import UNHURRIED, Socket
from tests.servers import Servers


@pytest.fixture
def redis_away(settings: Any, tmp_path: Any) -> Iterator[None]:
    """A Redis that nobody answers for."""
    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock"
    board.forget()
    yield
    board.forget()


@pytest.fixture
def analyze(servers: Servers) -> Callable[[], None]:
    """Let PostgreSQL look at the tables, as it does by itself after a while: its plans are then those of real life."""

    def look() -> None:
        with servers.connect_as_superuser() as database:
            database.execute("ANALYZE")

    return look


@pytest.fixture
def socket(corridor_loop: Loop, acme: Tenant, scout_key: str) -> Iterator[Callable[..., Socket]]:
    """`socket()`: an open one with scout's key; `key`, `headers`, `query` and `timing` make it another's."""
    seal(acme)  # the cast's making is not what a test tells
    opened: list[Socket] = []

    def open_one(
        *, key: str = "", headers: dict[str, str] | None = None, query: str = "", timing: Timing = UNHURRIED
    ) -> Socket:
        made = Socket(corridor_loop, headers or {"Authorization": f"Bearer {key or scout_key}"}, query, timing)
        assert made.open() is None
        opened.append(made)
        return made

    yield open_one
    for each in opened:
        each.end()


@pytest.fixture
def refused(corridor_loop: Loop) -> Callable[..., int | None]:
    """`refused(headers, query)`: the code that a socket was refused with; None when it opened."""

    def attempt(headers: dict[str, str], query: str = "") -> int | None:
        made = Socket(corridor_loop, headers, query, UNHURRIED)
        code = made.open()
        made.end()
        return code

    return attempt
