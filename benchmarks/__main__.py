"""`python3 run.py bench NAME [options]`: NAME is a module of this folder with a `main(argv)`."""

import importlib
import pkgutil
import sys
from pathlib import Path

import benchmarks

HIDDEN = {"__main__", "flood", "load", "memory_rows", "senders", "tenant", "upstream", "world"}


def names() -> list[str]:
    return sorted(m.name for m in pkgutil.iter_modules([str(Path(benchmarks.__file__).parent)]) if m.name not in HIDDEN)


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in names():
        print(f"Say which: {', '.join(names())}.", file=sys.stderr)
        return 2
    importlib.import_module(f"benchmarks.{argv[0]}").main(argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
