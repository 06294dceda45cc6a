"""One run from beginning to end: records made, sent, taken, and accounted for."""

import time
from pathlib import Path
from typing import Any

from fuzz.account import Account
from fuzz.corpus import corpus
from fuzz.figures import figures
from fuzz.found import Found
from fuzz.records import records
from fuzz.run import running
from fuzz.samples import Samples
from fuzz.stream import declaration
from infra import kafka

STRANGE = ("Traceback", "foreign_frame", "unavailable")
"""What must not stand in a log of this run."""


def fuzz(bootstrap: str, folder: Path, *, count: int, seed: int, examples: int, patience_s: float) -> dict[str, Any]:
    """The figures of `count` records, made of so many examples of hypothesis; under `missed` whatever went wrong."""
    declared = declaration()
    make = Samples(corpus(declared.features, seed, examples), declared.stream.max_bytes, kafka.now_ms())
    with running(bootstrap, folder) as run:
        begun = time.monotonic()
        run.send(records(make, seed, count))
        stopped = run.wait(patience_s)
        seconds = time.monotonic() - begun
        account = Account(Found(count).read(bootstrap))
        account.settle(records(make, seed, count))
        found = figures(run, account)
        ended = [process for process in run.processes if process.poll() is not None]
        strange = [line for line in run.log().splitlines() if any(word in line for word in STRANGE)]
    missed = [*stopped, *found["missed"], *strange[:5]]
    return {"seed": seed, "seconds": round(seconds, 1), "processes_ended": len(ended), **found, "missed": missed}
