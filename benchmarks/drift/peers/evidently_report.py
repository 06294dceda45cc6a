"""Evidently: a Report a window, with ValueDrift by `ks` and by `psi` for each column."""

from typing import Any

import evidently
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift

from benchmarks.drift.events import NAMES
from benchmarks.drift.peers.protocol import Windows, measure

MOST = 20


def prepare(reference: Any) -> Windows:
    """The reference becomes a Dataset once."""
    definition, columns = DataDefinition(numerical_columns=list(NAMES)), list(NAMES)
    known = Dataset.from_pandas(pd.DataFrame(reference, columns=columns), data_definition=definition)
    report = Report([ValueDrift(column=name, method=method) for name in NAMES for method in ("ks", "psi")])

    def windows(events: Any, size: int) -> None:
        for start in range(0, len(events), size):
            frame = pd.DataFrame(events[start : start + size], columns=columns)
            report.run(Dataset.from_pandas(frame, data_definition=definition), known).dict()

    return windows


if __name__ == "__main__":
    measure(evidently.__version__, prepare, MOST)
