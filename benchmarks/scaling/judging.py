"""What the one judge of a stream takes for each sketch row that it reads and merges."""

import time

import numpy as np

from benchmarks.scaling.place import Place, Stream
from infra import bundle
from infra.registry import Registry
from schemas import moments, reference
from schemas.declaration import load
from schemas.sketch import SketchRow
from streams.judge import Judge
from streams.summarize import Counter
from streams.tally import EXPONENTS, tally

PARTITIONS, PANES = 128, 24
"""Of the made-up stream: enough of both that a pane is judged over its longest window many times."""
SAMPLES = 256
"""Of a row, whose sums are those of so many normal values; its counts are drawn for themselves."""


def measure(place: Place, stream: Stream) -> dict[str, float]:
    """CPU-microseconds a row (a partition's pane), and the bytes of one, with the real model's reference."""
    declared = load(stream.declaration)
    version = place.champion.champion
    folder = Registry(place.settings.mlflow, "scaling0").fetch(version, place.home / "models")
    counter = Counter(declared, reference.decode((folder / bundle.CONTRACT).read_bytes()))
    wide = load_wide(stream)
    rows = _rows(counter, version.version, wide.declaration.pane_ms)
    began = time.process_time()
    for row in rows:
        wide.fold(row)
    judged = len(list(wide.verdicts({version.version: counter})))
    spent = time.process_time() - began
    if judged != PANES:
        raise RuntimeError(f"{judged} of {PANES} panes were judged")
    size = len(rows[0].counts) + len(rows[0].sums)
    return {"judge_row_us": spent / len(rows) * 1e6, "sketch_b": float(size)}


def load_wide(stream: Stream) -> Judge:
    """A judge of the same stream, had it more partitions."""
    text = stream.declaration.read_text()
    path = stream.declaration.with_name("wide.toml")
    path.write_text(text.replace("partitions = 6", f"partitions = {PARTITIONS}"))
    return Judge(load(path))


def _rows(counter: Counter, version: int, pane_ms: int) -> list[SketchRow]:
    rng = np.random.default_rng(0)
    number = np.array([cells.kind == "number" for cells in counter.cells], np.uint8)
    desk = np.zeros((EXPONENTS, 4), np.int64)
    found = []
    for pane in range(PANES):
        for partition in range(PARTITIONS):
            sketch = counter.empty()
            counts = rng.integers(0, 50, sketch.counts.shape).tobytes()
            tally(rng.normal(50, 10, (SAMPLES, len(number))), 0, number, desk, sketch.sums)
            start = pane * pane_ms
            row = SketchRow(
                partition=partition, version=version, pane_start=start, reach=1, closed=start + pane_ms,
                counts=counts, sums=moments.pack(sketch.sums), reference=counter.reference,
            )  # fmt: skip
            found.append(row)
    return found
