"""The same job in other hands: eight numbers in 236 bytes of JSON, and the flights with their real model."""

from typing import Any

from benchmarks.compare.bench import Bench
from benchmarks.compare.competitors import BARE, BOTH, CLIENT, PEERS, SCORER, Competitor
from benchmarks.compare.rounds import Rounds
from benchmarks.compare.subject import Flights, Numbers, Subject

TOGETHER = 0.8
"""Framer and scorer together want so many times the records a CPU-second of the loop by hand."""
OURS = (SCORER, BARE, BOTH, CLIENT)


def numbers(bench: Bench) -> dict[str, Any]:
    """Everybody."""
    return _measured(bench, Numbers(), (*OURS, *PEERS), 600_000)


def flights(bench: Bench) -> dict[str, Any]:
    """Those that can load the model."""
    return _measured(bench, Flights(), OURS, 300_000)


def _measured(bench: Bench, subject: Subject, competitors: tuple[Competitor, ...], records: int) -> dict[str, Any]:
    rounds = bench.compare(subject, competitors, records)
    table, together = rounds.table(competitors), rounds.ratio(BOTH, BARE)
    sizes = [len(value) for _, value in rounds.records]
    return {
        "records": len(sizes),
        "bytes": round(sum(sizes) / len(sizes)),
        "table": table,
        "together": together,
        "goal_together": TOGETHER,
        "failed": rounds.failed,
        "missed": _missed(table, together, rounds),
    }


def _missed(table: list[dict[str, Any]], together: float | None, rounds: Rounds) -> list[str]:
    missed = [
        f"scorer is {row['first_is']} times {row['name']}, goal {row['goal']}"
        for row in table
        if row["goal"] is not None and (row["first_is"] is None or row["first_is"] < row["goal"])
    ]
    if together is None or together < TOGETHER:
        missed.append(f"framer + scorer are {together} times the bare client, goal {TOGETHER}")
    return missed + [f"{name}: {why}" for name, why in rounds.failed.items()]
