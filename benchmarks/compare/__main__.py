"""`python -m benchmarks.compare [--rounds N] [--records N]`: what `make bench` runs."""

import argparse
from pathlib import Path
from typing import Any

from benchmarks import result
from benchmarks.compare import stream
from benchmarks.compare.arena import arena
from benchmarks.compare.competitors import ALL, BARE, BOTH
from benchmarks.compare.rounds import Rounds
from benchmarks.compare.stream import Shape

HOME = Path(".leeway/bench")
TOGETHER = 0.8
"""Framer and scorer together want so many times the records a CPU-second of the loop by hand."""


def main() -> None:
    """All rounds; the result file, and what was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--records", type=int, default=600_000)
    given = parser.parse_args()
    shape = Shape()
    records = stream.samples(shape, given.records)
    with arena(HOME / "servers", shape) as place:
        rounds = Rounds(place, HOME / "envs", records)
        for number in range(given.rounds):
            print(f"round {number + 1} of {given.rounds}")  # noqa: T201 - progress
            rounds.round(ALL)
        result.keep("bench", figures(rounds, len(records), len(records[0][1])))


def figures(rounds: Rounds, records: int, size: int) -> dict[str, Any]:
    """The table, the goals, and what was missed."""
    table = rounds.table(ALL)
    together = rounds.ratio(BOTH, BARE)
    missed = [
        f"scorer is {row['scorer_is']} times {row['name']}, goal {row['goal']}"
        for row in table
        if row["goal"] is not None and row["scorer_is"] is not None and row["scorer_is"] < row["goal"]
    ]
    if together is None or together < TOGETHER:
        missed.append(f"framer + scorer are {together} times the bare client, goal {TOGETHER}")
    missed += [f"{name}: {why}" for name, why in rounds.failed.items()]
    return {"records": records, "bytes": size, "table": table, "together": together, "goal_together": TOGETHER,
            "missed": missed}  # fmt: skip


if __name__ == "__main__":
    main()
