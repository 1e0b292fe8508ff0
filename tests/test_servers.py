"""What every other test stands on: servers that end with the run, and a clean house after a test that commits."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import connection

from accounts.models import Tenant
from accounts.tenancy import platform
from config.embedded import children
from tests.cast import make_tenant
from tests.running import wait_for
from tests.servers import LONGEST_RUN_SECONDS, PREFIX, Servers, remove_leftovers

# A run that tells its folder and its servers, and is then killed.
KILLED_RUN = """
import os, signal, tempfile
from pathlib import Path
from tests.servers import PREFIX, start_servers
folder = tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-")
servers = start_servers(Path(folder))
print(folder, *(process.pid for process in servers.processes), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_leaves_no_server_and_the_next_one_removes_its_folder() -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_RUN], stdout=subprocess.PIPE, text=True, check=False)
    folder, *pids = killed.stdout.split()
    wait_for(lambda: not any(children.command_of(int(pid)) for pid in pids))
    assert Path(folder).exists()
    remove_leftovers()
    assert not Path(folder).exists()


def test_the_folder_of_a_living_run_is_kept(servers: Servers) -> None:
    remove_leftovers()
    assert servers.data_dir.exists()
    assert servers.data_dir.parent == Path(tempfile.gettempdir())
    assert servers.data_dir.name.startswith(f"{PREFIX}{os.getpid()}-")


def test_a_run_that_hangs_is_ended() -> None:
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= LONGEST_RUN_SECONDS
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


@pytest.mark.django_db
def test_it_serves_as_the_role_that_production_serves_as() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("qm_app",)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", ["once", "again"])
def test_it_finds_nothing_of_what_another_test_committed(time: str) -> None:
    with platform():
        assert not Tenant.objects.exists()
    assert cache.get("kept") is None
    make_tenant("acme")
    cache.set("kept", time)


@pytest.mark.django_db(transaction=True)
def test_it_empties_large_tables_too(servers: Servers) -> None:
    with servers.connect_as_superuser() as superuser:
        superuser.execute(
            "INSERT INTO django_session SELECT i::text, repeat('x', 200), now() FROM generate_series(1, 5000) AS i"
        )


@pytest.mark.django_db(transaction=True)
def test_after_a_large_table_it_is_empty(servers: Servers) -> None:
    with servers.connect_as_superuser() as superuser:
        assert superuser.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_what_migrations_made_stays() -> None:
    assert ContentType.objects.exists()
