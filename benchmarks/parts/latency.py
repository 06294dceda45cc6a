"""From a sample to its committed prediction: at shares of the largest rate, and for checkpoints of several lengths."""

import statistics
from collections.abc import Sequence
from typing import Any

from benchmarks.compare import stream
from benchmarks.compare.bench import Bench
from benchmarks.compare.live import live
from benchmarks.compare.subject import Numbers

SHARES = (0.25, 0.5, 0.75)
GOAL_SHARE, GOAL_MS = 0.5, 100
SECONDS = 7.0
BURST = 200_000
CHECKPOINTS = ("50ms", "100ms", "250ms", "1000ms")


def shares(bench: Bench) -> dict[str, Any]:
    """Each round finds the largest rate anew: sender, reader and broker work on the same cores."""
    passes: list[list[dict[str, Any]]] = []
    for _ in range(bench.rounds):
        with live(bench.course(Numbers())) as place:
            top = place.capacity(min(BURST, bench.records))
            passes.append([{"share": share, "most": round(top)} | place.at(share * top, SECONDS) for share in SHARES])
            print(passes[-1])  # noqa: T201 - progress
        stream.drop(bench.arena.settings.kafka, "bench")
    rows = [_median(one) for one in zip(*passes, strict=True)]
    half = next(row for row in rows if row["share"] == GOAL_SHARE)
    late = half["p99_ms"] >= GOAL_MS
    return {
        "rows": rows,
        "goal_p99_ms_at_half": GOAL_MS,
        "missed": [f"p99 {half['p99_ms']} ms at half load, goal < {GOAL_MS}"] if late else [],
    }


def checkpoints(bench: Bench) -> dict[str, Any]:
    """The largest rate for each checkpoint, and the latency at one rate for all: half of the largest for the usual."""
    rounds: list[list[dict[str, Any]]] = []
    for _ in range(bench.rounds):
        found = {"250ms": _checkpoint(bench, "250ms", None)}
        rate = found["250ms"]["rate"]
        found |= {length: _checkpoint(bench, length, rate) for length in CHECKPOINTS if length != "250ms"}
        rounds.append([found[length] for length in CHECKPOINTS])
        print(rounds[-1])  # noqa: T201 - progress
        stream.drop(bench.arena.settings.kafka, "bench")
    return {"rows": [_median(one) for one in zip(*rounds, strict=True)], "missed": []}


def _checkpoint(bench: Bench, length: str, rate: float | None) -> dict[str, Any]:
    with live(bench.course(Numbers(checkpoint=length))) as place:
        top = place.capacity(min(BURST, bench.records))
        return {"checkpoint": length, "most": round(top)} | place.at(rate or top / 2, SECONDS)


def _median(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each figure over the rounds."""
    return {
        key: rows[0][key] if isinstance(rows[0][key], str) else round(statistics.median(row[key] for row in rows), 2)
        for key in rows[0]
    }
