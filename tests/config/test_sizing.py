"""What PostgreSQL is given of a machine, and how large that is."""

import os
from pathlib import Path

import pytest

from config.embedded import sizing
from config.embedded.sizing import GB, MB, memory_bytes, settings_for

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
PATH = "process/7"


@pytest.mark.parametrize(
    ("memory", "buffers", "cache", "work", "log"),
    [
        (64 * GB, 6144, 32768, 32, 4096),
        (24 * GB, 6144, 12288, 32, 4096),
        (16 * GB, 4096, 8192, 32, 4096),
        (8 * GB, 2048, 4096, 32, 2048),
        (1 * GB, 256, 512, 4, 1024),
        (512 * MB, 128, 256, 4, 1024),
        (128 * MB, 128, 128, 4, 1024),
    ],
)
def test_it_gives_a_share_of_the_machine_within_bounds(
    memory: int, buffers: int, cache: int, work: int, log: int
) -> None:
    assert settings_for(memory) == (
        f"shared_buffers={buffers}MB",
        f"effective_cache_size={cache}MB",
        f"work_mem={work}MB",
        f"max_wal_size={log}MB",
    )


class Groups:
    """Control groups of our own, instead of the kernel's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        monkeypatch.setattr(sizing, "PROCESS", folder / "process")
        monkeypatch.setattr(sizing, "HIERARCHIES", folder / "groups")

    def are(self, *lines: str) -> None:
        (self._folder / "process").write_text("".join(f"{line}\n" for line in lines))

    def limit(self, file: str, said: str) -> None:
        path = self._folder / "groups" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{said}\n")


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Groups:
    return Groups(tmp_path, monkeypatch)


def test_it_has_the_whole_machine_where_there_are_no_groups(groups: Groups) -> None:
    assert memory_bytes() == MACHINE


def test_it_has_what_its_group_allows(groups: Groups) -> None:
    groups.are(f"0::/{PATH}")
    groups.limit(f"{PATH}/memory.max", str(300 * MB))
    assert memory_bytes() == 300 * MB


def test_it_has_what_a_group_of_the_first_version_allows(groups: Groups) -> None:
    groups.are("5:cpu,cpuacct:/elsewhere", f"4:blkio,memory:/{PATH}", "0::/")
    groups.limit(f"memory/{PATH}/memory.limit_in_bytes", str(300 * MB))
    assert memory_bytes() == 300 * MB


def test_it_has_the_least_that_a_group_around_it_allows(groups: Groups) -> None:
    groups.are(f"0::/{PATH}")
    groups.limit(f"{PATH}/memory.max", str(300 * MB))
    groups.limit("process/memory.max", str(200 * MB))
    assert memory_bytes() == 200 * MB


@pytest.mark.parametrize("path", ["/", f"/{PATH}"])
def test_it_has_what_a_container_allows_that_sees_only_itself(groups: Groups, path: str) -> None:
    groups.are(f"0::{path}")
    groups.limit("memory.max", str(300 * MB))
    assert memory_bytes() == 300 * MB


def test_it_takes_no_limit_for_none(groups: Groups) -> None:
    groups.are(f"4:memory:/{PATH}", f"0::/{PATH}")
    groups.limit(f"{PATH}/memory.max", "max")
    groups.limit(f"memory/{PATH}/memory.limit_in_bytes", "9223372036854771712")
    assert memory_bytes() == MACHINE
