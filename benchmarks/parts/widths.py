"""Width and size of samples: more numbers, and the same numbers in fewer or more bytes."""

from typing import Any

from benchmarks.compare.bench import Bench
from benchmarks.compare.competitors import BARE, SCORER
from benchmarks.compare.subject import Numbers

BYTES = 60_000_000
"""Of samples, in each measurement: so wide ones are fewer."""
WIDTHS = (Numbers(8), Numbers(32), Numbers(128))
SIZES = (Numbers(8, decimals=3), Numbers(8, padding=764))


def measure(bench: Bench) -> dict[str, Any]:
    """The scorer and the loop by hand, for each shape."""
    rows, missed = [], []
    for subject in (*WIDTHS, *SIZES):
        [(_, one)] = subject.samples(1)
        rounds = bench.compare(subject, (SCORER, BARE), min(200_000, BYTES // len(one)))
        ours, theirs = rounds.table((SCORER, BARE))
        rows.append(
            {
                "features": subject.numbers,
                "bytes": round(sum(len(value) for _, value in rounds.records) / len(rounds.records)),
                "records": len(rounds.records),
                "per_second": ours["per_second"],
                "per_cpu_second": ours["per_cpu_second"],
                "by_hand_per_cpu_second": theirs["per_cpu_second"],
                "scorer_is": theirs["first_is"],
                "rss_mb": ours["rss_mb"],
            }
        )
        missed += [f"{name}: {why}" for name, why in rounds.failed.items()]
    return {"rows": rows, "missed": missed}
