"""A drift event about x, color and the score, and the windows that led to it."""

import msgspec

from consumers.training.cause import Cause
from schemas.messages import DriftEvent, DriftRow
from schemas.reference import SCORE
from support.labelled import DAY

NAMES = ("x", "color", SCORE)


def event(name: str, stream: str, day: int, *more: str) -> DriftEvent:
    """Opened on this day; `more` are columns that nobody knows."""
    shifts = [{"feature": one, "window": 2, "effect": 0.3, "p": 0.0, "psi": 0.2} for one in (*more, *NAMES)]
    given = {"id": name, "incident": "i", "stream": stream, "version": 1, "kind": "opened", "event_time": day * DAY,
             "shifts": shifts, "sentence": "x by 0.30 over 2 panes, color and the score moved."}  # fmt: skip
    return msgspec.convert(given, DriftEvent)


def windows(day: int, version: int = 1) -> list[DriftRow]:
    """Of the last days until this one, over one and two panes, more and more moved."""
    return [
        msgspec.convert(
            {"version": version, "pane_end": at * DAY, "window": window, "feature": name, "n": 200, "m": 900,
             "effect": 0.3 - 0.02 * (day - at), "p": 0.0, "psi": 0.2, "mean": None, "std": None,
             "reference_mean": None, "reference_std": None, "missing": 0.0,
             "verdict": "drifted" if day - at < 5 else "stable"},
            DriftRow,
        )
        for at in range(max(1, day - 9), day + 1) for window in (1, 2) for name in (*NAMES, "n")
    ]  # fmt: skip


def cause(day: int, *more: str) -> Cause:
    """Both together, as the retrainer hands them on."""
    rows = [row for row in windows(day) if row.feature in NAMES]
    return Cause(event=event("e", "turning", day, *more), rows=rows)
