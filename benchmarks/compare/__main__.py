"""`python -m benchmarks.compare [--only PART,...] [--rounds N] [--records N]`: what `make bench` runs."""

import argparse
import io
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import result
from benchmarks.compare.arena import arena
from benchmarks.compare.bench import Bench
from benchmarks.parts import latency, peers, profile, scaling, states, widths

HOME = Path(".leeway/bench")
PARTS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "numbers": peers.numbers,
    "flights": peers.flights,
    "profile": profile.measure,
    "latency": latency.shares,
    "checkpoints": latency.checkpoints,
    "once": scaling.once,
    "scorers": scaling.scorers,
    "widths": widths.measure,
    "states": states.measure,
}


def main() -> None:
    """The parts that were asked for, one after the other; each is kept as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help=f"some of {', '.join(PARTS)}, by commas; the others keep their figures")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=600_000, help="at most so many in each measurement")
    given = parser.parse_args()
    names = given.only.split(",") if given.only else list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        parser.error(f"no part is called {unknown[0]}: there are {', '.join(PARTS)}")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)  # progress of minutes, into a file too
    with arena(HOME / "servers") as place:
        bench = Bench(place, given.rounds, given.records, HOME / "envs")
        for name in names:
            sys.stdout.write(f"--- {name}\n")
            began = time.monotonic()
            result.write("bench", _merged({name: PARTS[name](bench) | _made(given.rounds, began)}))
    result.keep("bench", result.read("bench"))


def _made(rounds: int, began: float) -> dict[str, Any]:
    """When, how and where figures were measured."""
    return {
        "rounds": rounds,
        "took_s": round(time.monotonic() - began),
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "machine": f"{os.cpu_count()} shared cores, {platform.system()}, Python {platform.python_version()}",
    }


def _merged(found: dict[str, Any]) -> dict[str, Any]:
    """With the parts that were measured before and not now; all that was missed, at the end."""
    try:
        earlier = result.read("bench")
    except FileNotFoundError:
        earlier = {}
    known = earlier | found
    parts: dict[str, Any] = {name: known[name] for name in PARTS if name in known}
    missed = [f"{name}: {what}" for name, part in parts.items() for what in part["missed"]]
    return parts | {"missed": missed}


if __name__ == "__main__":
    main()
