"""NannyML: UnivariateDriftCalculator by Kolmogorov-Smirnov, in chunks; it has no PSI."""

from typing import Any

import nannyml
import pandas as pd

from benchmarks.drift.events import NAMES
from benchmarks.drift.peers.protocol import Windows, measure


def prepare(reference: Any) -> Windows:
    """`fit` asks for the size of chunks, so it is measured; it takes a small part of the time."""
    known = pd.DataFrame(reference, columns=list(NAMES))

    def windows(events: Any, size: int) -> None:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=list(NAMES), continuous_methods=["kolmogorov_smirnov"], chunk_size=size
        )
        calculator.fit(known).calculate(pd.DataFrame(events, columns=list(NAMES))).to_df()

    return windows


if __name__ == "__main__":
    measure(nannyml.__version__, prepare)
