"""Pictures of the drift that a retrain answers, for its registry page: what moved, and each column by itself."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import shorten, wrap
from typing import Any

import numpy as np

from consumers.training.cause import Cause
from schemas import histogram
from schemas.duration import panes
from schemas.messages import DriftRow, FeatureShift
from schemas.reference import SCORE, Cells, named

FOLDER = "drift"
MOST = 6
"""Columns with a picture of their own: those that moved most."""
VALUES, LONGEST = 12, 24
"""Of a category: how many are drawn, and characters of each."""
MISSING = "(missing)"
WAS, IS, LIMIT = "#8a949e", "#0b62ab", "#8a5a00"


@dataclass(frozen=True, slots=True)
class Sides:
    """The references by column of the champion, with its version, and of the version that is made."""

    champion: int
    before: Mapping[str, Cells]
    after: Mapping[str, Cells]


def draw(folder: Path, cause: Cause, tolerance: float, sides: Sides) -> list[str]:
    """Writes drift/overview.png and drift/COLUMN.png (the score's is model-score.png) into `folder`; their names."""
    (folder / FOLDER).mkdir(exist_ok=True)
    known = [shift for shift in cause.event.shifts if shift.feature in sides.before and shift.feature in sides.after]
    names = [_overview(folder, cause, tolerance, known)]
    for shift in known[:MOST]:
        figure, (left, right) = _figure(8, 2.8)
        before, after = sides.before[shift.feature], sides.after[shift.feature]
        (_bars if before.kind == "category" else _steps)(left, before, after, sides.champion)
        for window, rows in groupby(_of(cause, shift.feature), key=lambda row: row.window):
            _run(right, list(rows), panes(window))
        _limits(right, tolerance, cause)
        figure.suptitle(f"{named(shift.feature)}: effect {shift.effect:.3f} over {panes(shift.window)}", fontsize=10)
        names.append(_save(figure, folder, _file(shift.feature)))
    return names


def _overview(folder: Path, cause: Cause, tolerance: float, shifts: Sequence[FeatureShift]) -> str:
    """How far each column moved, and when."""
    figure, (left, right) = _figure(9, 3.4)
    bars = shifts[: 2 * MOST][::-1]
    left.barh([named(shift.feature) for shift in bars], [shift.effect for shift in bars], color=IS)
    left.axvline(tolerance, color=LIMIT, linestyle="--", linewidth=1)
    left.set_xlabel("effect")
    for shift in shifts[:MOST]:
        rows = [row for row in _of(cause, shift.feature) if row.window == shift.window]
        _run(right, rows, f"{named(shift.feature)}, {panes(shift.window)}")
    _limits(right, tolerance, cause)
    figure.suptitle("\n".join(wrap(shorten(cause.event.sentence, 300), 110)), fontsize=9)
    return _save(figure, folder, "overview")


def _of(cause: Cause, feature: str) -> list[DriftRow]:
    """The windows of one column, the shortest first, each length in order of time."""
    return sorted((row for row in cause.rows if row.feature == feature), key=lambda row: row.window)


def _run(axes: Any, rows: Sequence[DriftRow], name: str) -> None:
    """Effect over time, with a mark where a window drifted."""
    times = np.array([row.pane_end for row in rows], "datetime64[ms]")
    drifted = [place for place, row in enumerate(rows) if row.verdict == "drifted"]
    axes.plot(times, [row.effect for row in rows], marker="o", markersize=3, markevery=drifted, linewidth=1, label=name)


def _limits(axes: Any, tolerance: float, cause: Cause) -> None:
    from matplotlib.dates import ConciseDateFormatter  # noqa: PLC0415 - heavy: only the training process

    axes.axhline(tolerance, color=LIMIT, linestyle="--", linewidth=1, label="tolerance")
    axes.axvline(np.datetime64(cause.event.event_time, "ms"), color="#b3261e", linewidth=1, label=cause.event.kind)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("effect")
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator()))  # type: ignore[no-untyped-call] # untyped there
    axes.legend(fontsize=7, loc="upper left")


def _steps(axes: Any, before: Cells, after: Cells, version: int) -> None:
    """Both references of a number over the same bins, the outermost of which hold what lies beyond."""
    sides = [(cells, np.asarray(cells.counts, np.int64)) for cells in (before, after)]
    bins = histogram.edges(sides)
    for (cells, counts), name, color in zip(sides, _legend(version), (WAS, IS), strict=True):
        if cells.cuts and len(bins):
            wide = np.concatenate(([2 * bins[0] - bins[1]], bins, [2 * bins[-1] - bins[-2]]))
            axes.stairs(100 * histogram.shares(cells, counts, bins), wide, color=color, label=name, fill=color == WAS)
    axes.set_ylabel("share of samples, %")
    axes.legend(fontsize=7)


def _bars(axes: Any, before: Cells, after: Cells, version: int) -> None:
    """Both references of a category by value, the most frequent of either on top, and what is missing below."""
    was, now = _by_value(before), _by_value(after)
    ordered = sorted(was.keys() | now.keys(), key=lambda value: (-max(was.get(value, 0), now.get(value, 0)), value))
    shown = [*ordered[:VALUES], MISSING]
    places = np.arange(len(shown))[::-1]
    was[MISSING], now[MISSING] = (cells.counts[-1] / max(1, sum(cells.counts)) for cells in (before, after))
    for shares, name, color, up in zip((was, now), _legend(version), (WAS, IS), (0.2, -0.2), strict=True):
        axes.barh(places + up, [100 * shares.get(value, 0.0) for value in shown], 0.4, color=color, label=name)
    axes.set_yticks(places, [value[:LONGEST] for value in shown], fontsize=7, parse_math=False)
    axes.set_xlabel("share of samples, %")
    axes.legend(fontsize=7)


def _by_value(cells: Cells) -> dict[str, float]:
    total = max(1, sum(cells.counts))
    return {value: count / total for value, count in zip(cells.values, cells.counts, strict=False)}


def _legend(version: int) -> tuple[str, str]:
    return f"reference of version {version}", "of the new version"


def _file(column: str) -> str:
    """A name that any file system takes; values of segments that it cannot spell are told apart by a hash."""
    plain = re.sub(r"[^A-Za-z0-9_]+", "-", column.replace(SCORE, "model-score")).strip("-")
    return plain if column in {SCORE, plain} else f"{plain}-{hashlib.sha256(column.encode()).hexdigest()[:6]}"


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy: only the training process
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    figure = Figure(figsize=(width, height), dpi=80, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots(1, 2)


def _save(figure: Any, folder: Path, name: str) -> str:
    path = f"{FOLDER}/{name}.png"
    figure.savefig(folder / path)
    return path
