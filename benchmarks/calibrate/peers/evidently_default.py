"""Evidently as it is out of the box: DataDriftPreset on each window. `python evidently_default.py in.npz out.json`."""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import evidently
import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset


def main(source: str, out: str) -> None:
    """Reads a stream, writes the alarms."""
    warnings.simplefilter("ignore")  # of its libraries, at every window
    stream = np.load(source)
    category = stream["kind"].item() == "category"
    definition = DataDefinition(categorical_columns=["x"]) if category else DataDefinition(numerical_columns=["x"])
    reference, report = _dataset(stream["reference"], definition, category=category), Report([DataDriftPreset()])
    alarms = [
        _drifted(report.run(_dataset(window, definition, category=category), reference).dict())
        for window in stream["windows"]
    ]
    Path(out).write_text(json.dumps({"alarms": alarms, "version": evidently.__version__}))


def _dataset(values: Any, definition: DataDefinition, *, category: bool) -> Dataset:
    return Dataset.from_pandas(pd.DataFrame({"x": values.astype(str) if category else values}), definition)


def _drifted(said: dict[str, Any]) -> bool:
    [counted] = [metric for metric in said["metrics"] if metric["metric_name"].startswith("DriftedColumnsCount")]
    return bool(counted["value"]["count"] > 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
