"""One scorer and two, and lanes with transactions and without."""

from typing import Any

from benchmarks.compare.bench import Bench
from benchmarks.compare.competitors import ONCE, PLAIN, SCORER, TWO, Competitor
from benchmarks.compare.subject import Numbers


def scorers(bench: Bench) -> dict[str, Any]:
    """Six partitions to one process or to two; the broker works on the same cores."""
    return _pair(bench, TWO, SCORER)


def once(bench: Bench) -> dict[str, Any]:
    """What exactly once costs: the same scorer with the transactions taken out of its lanes."""
    return _pair(bench, ONCE, PLAIN)


def _pair(bench: Bench, one: Competitor, other: Competitor) -> dict[str, Any]:
    rounds = bench.compare(Numbers(), (one, other), 600_000)
    missed = [f"{name}: {why}" for name, why in rounds.failed.items()]
    return {"table": rounds.table((one, other)), "missed": missed}
