"""Sends events to one address as fast as they are taken, until it is stopped: `python -m benchmarks.flood PORT PATH`.

A process of its own, so that whoever is measured beside it does not wait for this one's work, too.
"""

import sys
from uuid import UUID

import uvloop

from benchmarks.load import run_each
from benchmarks.senders import Sender

CLIENTS = 16
NOBODY = UUID(int=0)
FOR_EVER = 1_000_000_000


if __name__ == "__main__":
    port, path = sys.argv[1:]
    uvloop.run(run_each(int(port), Sender(NOBODY, NOBODY, path).requests(FOR_EVER), clients=CLIENTS))
