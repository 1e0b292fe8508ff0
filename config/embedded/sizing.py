"""How large the embedded PostgreSQL may be: by the memory of the machine, or of the container that it runs in."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

MB = 2**20
GB = 2**30

PROCESS = Path("/proc/self/cgroup")
HIERARCHIES = Path("/sys/fs/cgroup")


def settings_for(memory: int) -> tuple[str, ...]:
    """What PostgreSQL is given of so many bytes; most of what it is given it takes only when it needs it."""
    return (
        f"shared_buffers={_megabytes(memory // 4, least=128 * MB, most=6 * GB)}",
        f"effective_cache_size={_megabytes(memory // 2, least=128 * MB, most=memory)}",
        # Each sort or hash of each connection may take it: all of it only where there is plenty.
        f"work_mem={_megabytes(memory // 256, least=4 * MB, most=32 * MB)}",
        f"max_wal_size={_megabytes(memory // 4, least=GB, most=4 * GB)}",
    )


def memory_bytes() -> int:
    """The machine's memory, or less where a control group allows less."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([machine, *_limits()])


def _megabytes(wanted: int, *, least: int, most: int) -> str:
    return f"{max(least, min(wanted, most)) // MB}MB"


def _limits() -> Iterator[int]:
    """Those of the process's group and of all groups around it, of both versions of control groups.

    Where a container sees only its own part of the hierarchy, that part is the root, and the path leads nowhere.
    """
    try:
        groups = PROCESS.read_text().splitlines()
    except OSError:
        return  # no Linux
    for group in groups:
        _, controllers, path = group.split(":", 2)
        if not controllers:
            yield from _limits_around(HIERARCHIES, path, "memory.max")
        elif "memory" in controllers.split(","):
            yield from _limits_around(HIERARCHIES / "memory", path, "memory.limit_in_bytes")


def _limits_around(root: Path, path: str, file: str) -> Iterator[int]:
    within = PurePosixPath(path.lstrip("/"))
    for folder in (within, *within.parents):
        try:
            said = (root / folder / file).read_text().strip()
        except OSError:
            continue
        if said.isdigit():  # `max` is no limit
            yield int(said)
