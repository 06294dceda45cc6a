"""alibi-detect: a KSDrift over all columns, a predict a window; it has no PSI."""

from typing import Any

import alibi_detect
from alibi_detect.cd import KSDrift

from benchmarks.drift.peers.protocol import Windows, measure


def prepare(reference: Any) -> Windows:
    """The detector holds the reference."""
    detector = KSDrift(reference, p_val=0.05)

    def windows(events: Any, size: int) -> None:
        for start in range(0, len(events), size):
            detector.predict(events[start : start + size])

    return windows


if __name__ == "__main__":
    measure(alibi_detect.__version__, prepare)
