"""The connection pool as `/metrics` shows it, whoever takes from it."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg_pool import PoolTimeout

from accounts.metrics import PREFIX, all_processes
from accounts.pool import tell_pool
from tests.patience import until
from tests.pools import Pool, exhausted, own_pool

pytestmark = pytest.mark.django_db(transaction=True)


def read(name: str) -> float:
    tell_pool()
    return all_processes().get_sample_value(f"{PREFIX}database_{name}") or 0


def a_page() -> None:
    """Work with PostgreSQL outside the corridor, in its own thread."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    connection.close()


@pytest.fixture
def pool() -> Pool:
    return own_pool()


@pytest.fixture
def taken(pool: Pool) -> Iterator[list[psycopg.Connection]]:
    with exhausted(pool) as connections:
        yield connections


def test_it_shows_how_many_are_taken(pool: Pool) -> None:
    before = read("connections_busy")
    taken = [pool.getconn() for _ in range(3)]
    assert (read("connections_busy"), read("connections_waiting")) == (before + 3, 0)
    for each in taken:
        pool.putconn(each)
    until(lambda: read("connections_busy") == before)


def test_it_shows_a_page_that_waits_for_one(pool: Pool, taken: list[psycopg.Connection]) -> None:
    waits, waited = read("connection_waits_total"), read("connection_wait_seconds_total")
    page = threading.Thread(target=a_page)
    page.start()
    until(lambda: read("connections_waiting") == 1)
    assert read("connections_busy") == settings.DATABASE_POOL_SIZE
    pool.putconn(taken.pop())
    page.join(10)
    assert read("connections_waiting") == 0
    assert read("connection_waits_total") == waits + 1
    assert read("connection_wait_seconds_total") > waited


@pytest.mark.usefixtures("taken")
def test_it_counts_work_that_got_none_in_time(pool: Pool) -> None:
    before = read("connection_refusals_total")
    with pytest.raises(PoolTimeout):
        pool.getconn(timeout=0.01)
    assert read("connection_refusals_total") == before + 1
