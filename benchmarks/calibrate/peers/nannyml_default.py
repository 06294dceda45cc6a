"""NannyML as it is out of the box: Jensen-Shannon in chunks. `python nannyml_default.py in.npz out.json`."""

import json
import os
import sys
import warnings
from pathlib import Path

import nannyml
import numpy as np
import pandas as pd

METHODS = {"number": "jensen_shannon", "category": "jensen_shannon"}


def main(source: str, out: str, methods: dict[str, str] | None = None) -> None:
    """Reads a stream, writes the alarms; `methods` by kind."""
    warnings.simplefilter("ignore")  # of its libraries
    os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"
    stream = np.load(source)
    kind, windows, method = stream["kind"].item(), stream["windows"], methods or METHODS
    reference, later = (
        pd.DataFrame({"x": values.astype(str) if kind == "category" else values})
        for values in (stream["reference"], windows.ravel())
    )
    calculator = nannyml.UnivariateDriftCalculator(
        column_names=["x"],
        treat_as_categorical=["x"] if kind == "category" else None,
        continuous_methods=[method["number"]],
        categorical_methods=[method["category"]],
        chunk_size=windows.shape[1],
    )
    found = calculator.fit(reference).calculate(later).filter(period="analysis").to_df()
    alarms = found["x", method[kind], "alert"].tolist()
    Path(out).write_text(json.dumps({"alarms": [bool(one) for one in alarms], "version": nannyml.__version__}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
