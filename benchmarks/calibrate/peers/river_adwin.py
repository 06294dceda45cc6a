"""River's ADWIN as it is out of the box, value by value. `python river_adwin.py in.npz out.json`."""

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from river.drift import ADWIN


def main(source: str, out: str, detector: Any = None) -> None:
    """Reads a stream, writes the alarms."""
    stream, detector = np.load(source), detector or ADWIN()  # type: ignore[no-untyped-call] # untyped there
    known = {value: float(code) for code, value in enumerate(np.unique(stream["reference"]).tolist())}
    numbered = known if stream["kind"].item() == "category" else None
    _any(detector, stream["reference"], numbered)
    alarms = [_any(detector, window, numbered) for window in stream["windows"]]
    Path(out).write_text(json.dumps({"alarms": alarms, "version": version("river")}))


def _any(detector: Any, values: Any, numbered: dict[Any, float] | None) -> bool:
    """Whether a drift was detected at any of the values; a value that is new to `numbered` gets the next number."""
    detected = False
    for value in values.tolist():
        number = value if numbered is None else numbered.setdefault(value, float(len(numbered)))
        if number == number:  # noqa: PLR0124 - not NaN, which is missing
            detector.update(number)
            detected |= detector.drift_detected
    return detected


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
