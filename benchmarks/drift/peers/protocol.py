"""What a peer's program is given, and what it says: `python -m benchmarks.drift.peers.NAME FOLDER OUT`.

FOLDER holds events.npy and reference-SIZE.npy, float64 (n, 8). OUT becomes JSON: the version of the peer, and of each
case how many windows were measured, and their CPU-seconds. Imports and what depends on the reference alone, where the
peer has such a step, are not measured.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.drift.events import CASES, EVENTS

Windows = Callable[[Any, int], None]
"""Measures tumbling windows of so many events."""


def measure(version: str, prepare: Callable[[Any], Windows], most: int = EVENTS) -> None:
    """Every case, over the first `most` windows at most."""
    folder, out = map(Path, sys.argv[1:])
    events, cases = np.load(folder / "events.npy"), []
    for reference, window in CASES:
        run = prepare(np.load(folder / f"reference-{reference}.npy"))
        windows = min(most, len(events) // window)
        run(events[:window], window)  # what a first call alone has to pay is not counted
        began = time.process_time()
        run(events[: windows * window], window)
        seconds = time.process_time() - began
        cases.append({"reference": reference, "window": window, "windows": windows, "seconds": seconds})
    out.write_text(json.dumps({"version": version, "cases": cases}))
