"""Staying on one processor: `--cpu` of a web process and of a worker."""

import os
import sys

HELP = "the processor to stay on; left out, the kernel chooses"


def stay_on(cpu: int) -> None:
    """One interpreter runs one thread at a time: with its threads on two processors it mostly moves caches about.

    Measured on two processors: a third less CPU per execution. Linux only; elsewhere nothing. Threads that begin later
    stay there, too. Exits where there is no such processor.
    """
    if hasattr(os, "sched_setaffinity"):
        try:
            os.sched_setaffinity(0, {cpu})
        except OSError as error:
            sys.exit(f"There is no processor {cpu} for this process ({error.strerror}). Leave --cpu out.")
