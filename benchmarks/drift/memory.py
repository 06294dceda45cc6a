"""Peak memory of counting while events grow: `python -m benchmarks.drift.memory EVENTS` prints it, in bytes.

Events come in batches as from Kafka, and each is forgotten when it is counted.
"""

import subprocess
import sys

import numpy as np
import psutil

from benchmarks.drift.events import NAMES, events
from benchmarks.drift.ours import NO_SEASON, counter
from streams.encode import Inputs

BATCH = 4_000
SIZES = (100_000, 1_000_000, 10_000_000)


def grown() -> list[dict[str, float]]:
    """Of each size in a process of its own: its peak, what its tables take, and what the events would take."""
    rows = []
    for size in SIZES:
        argv = [sys.executable, "-m", "benchmarks.drift.memory", str(size)]
        peak, tables = map(int, subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split())
        row = {"events": size, "peak_mb": round(peak / 1e6, 1), "tables_kb": round(tables / 1e3, 1)}
        rows.append(row | {"events_mb": round(size * len(NAMES) * 8 / 1e6, 1)})
    return rows


def main(size: int) -> None:
    """Counts, and says what it took."""
    rng = np.random.default_rng(0)
    made = counter(events(rng, 10_000))
    sketch = made.empty()
    process, peak = psutil.Process(), 0
    for _ in range(size // BATCH):
        x = events(rng, BATCH)
        made.count(Inputs(np.ascontiguousarray(x[:, :-1]), []), np.ascontiguousarray(x[:, -1]), sketch)
        for reference, counts in made.parts(sketch.counts):
            reference.against(NO_SEASON).scan(counts)
        peak = max(peak, process.memory_info().rss)  # the kernel's own peak counts what the parent had before
    sys.stdout.write(f"{peak} {sketch.counts.nbytes + sketch.sums.nbytes}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]))
