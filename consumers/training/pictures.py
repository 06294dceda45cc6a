"""Pictures of a challenger beside the champion: loss over time, reliability, the gate's intervals, what matters."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from consumers.training.checks import calibration
from consumers.training.dataset import Dataset, Ints
from consumers.training.drawing import CHALLENGER, CHAMPION, LIMIT, NEVER, dates, figure
from consumers.training.importance import Importance
from consumers.training.loss import log_loss
from consumers.training.selection import Selection
from consumers.training.trial import Trial
from infra.boosting import Floats
from schemas.declaration import DAY_MS

FOLDER = "pictures"
MOST = 15
"""Features, or segments, that are drawn."""


@dataclass(frozen=True, slots=True)
class Past:
    """A version's scores, float64 (n,), of the rows `places` of the data set, all after its training."""

    places: Ints
    scores: Floats


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn. `champion` and `never` (the first version) are scored since the former's training.

    `trial` and both of these are None for a first version; `before` are the champion's importances.
    """

    data: Dataset
    selection: Selection
    trial: Trial | None = None
    champion: Past | None = None
    never: Past | None = None
    matters: Mapping[str, Importance] | None = None
    before: Mapping[str, float] | None = None


def draw(folder: Path, scene: Scene) -> list[str]:
    """Writes PNG files into `folder`/pictures; their names with that folder's. What there is not is left out."""
    painters: dict[str, tuple[tuple[float, float], Callable[[Any], None]]] = {
        "loss_per_day": ((8, 3.4), lambda made: _loss(made, scene)),
        "reliability": ((8, 3.6), lambda made: _reliability(made, scene)),
    }
    if scene.trial is not None and scene.trial.gate.gain is not None:
        high = 1.6 + 0.28 * min(MOST, len(scene.trial.segments))
        painters["gate"] = ((8, high), lambda made: _gate(made, scene.trial))
    if scene.matters:
        high = 1.2 + 0.3 * min(MOST, len(scene.matters))
        painters["importance"] = ((8, high), lambda made: _importance(made, scene.matters or {}, scene.before or {}))
    return [figure(folder, f"{FOLDER}/{name}.png", size, paint) for name, (size, paint) in painters.items()]


def _loss(made: Any, scene: Scene) -> None:
    """By day; the stretch that the gate judged is shaded."""
    axes, data, selection = made.subplots(), scene.data, scene.selection
    for past, name, color in ((scene.never, "never retrained", NEVER), (scene.champion, "champion", CHAMPION)):
        if past is not None:
            _line(axes, data, past.places, past.scores, name, color)
    scores = selection.scores[selection.chosen]
    _line(axes, data, selection.places, scores, "challenger, out of fold", CHALLENGER)
    if scene.trial is not None and len(scene.trial.common):
        times = scene.trial.common.times
        ends = np.array([times.min(), times.max()]) // DAY_MS + np.array([-0.5, 0.5])
        axes.axvspan(
            *(ends * DAY_MS).astype("datetime64[ms]"), color=CHALLENGER, alpha=0.08, label="judged by the gate"
        )
    axes.set_ylabel("log-loss of a day")
    axes.legend(fontsize=8)
    dates(axes)


def _line(axes: Any, data: Dataset, places: Ints, scores: Floats, name: str, color: str) -> None:
    present, place = np.unique(data.times[places] // DAY_MS, return_inverse=True)
    means = np.bincount(place, log_loss(scores, data.labels[places])) / np.bincount(place)
    axes.plot(present.astype("datetime64[D]"), means, marker=".", linewidth=1, label=name, color=color)


def _reliability(made: Any, scene: Scene) -> None:
    """Both models on the same rows, the standard error of each point, and how often each score is given."""
    left, right = made.subplots(1, 2, width_ratios=(3, 2))
    left.plot([0, 1], [0, 1], color="black", linewidth=0.6)
    top = 0.1
    for scores, labels, name, color in _both(scene):
        curve = calibration.curve(scores, labels)
        error = np.sqrt(curve.came * (1 - curve.came) / curve.rows)
        left.errorbar(curve.said, curve.came, error, marker="o", markersize=4, linewidth=1, label=name, color=color)
        right.hist(scores, bins=np.linspace(0, 1, 26), histtype="step", color=color, label=name)
        top = max(top, float(curve.said.max()), float(curve.came.max()))
    left.set(xlabel="probability given", ylabel="share that came true", xlim=(0, top * 1.1), ylim=(0, top * 1.1))
    right.set(xlabel="probability given", ylabel="rows")
    left.legend(fontsize=8)


def _both(scene: Scene) -> list[tuple[Floats, Ints, str, str]]:
    if scene.trial is not None and len(scene.trial.common):
        common = scene.trial.common
        return [
            (common.champion, common.labels, "champion", CHAMPION),
            (common.challenger, common.labels, "challenger, out of fold", CHALLENGER),
        ]
    selection = scene.selection
    labels = scene.data.labels[selection.places]
    return [(selection.scores[selection.chosen], labels, "out of fold", CHALLENGER)]


def _gate(made: Any, trial: Trial | None) -> None:
    """The gain with its interval, on the whole and by segment; right of zero is better than the champion."""
    if trial is None:
        return
    axes, gate = made.subplots(), trial.gate
    shown: list[tuple[str, float | None, float | None, float | None, str]] = [
        ("all rows", gate.gain, gate.low, gate.high, CHALLENGER)
    ]
    for one in trial.segments[:MOST]:
        shown.append((one.name[:40], one.gain, one.low, one.high, LIMIT if one.harmed else CHAMPION))  # noqa: PERF401 - two lines are read more easily
    for place, (_, gain, low, high, color) in enumerate(shown):
        axes.plot([low, high], [-place, -place], color=color, linewidth=3 if place == 0 else 1.5, solid_capstyle="butt")
        sure = low is not None and np.isfinite(low)
        axes.plot(
            gain, -place, "o", color=color, markersize=6 if place == 0 else 4, fillstyle="full" if sure else "none"
        )
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_yticks(-np.arange(len(shown)), [name for name, *_ in shown], fontsize=8, parse_math=False)
    axes.set_xlabel("gain in log-loss over the champion: 95 %, of segments for all together; hollow: too few rows")
    axes.margins(y=0.3 / len(shown) + 0.05)


def _importance(made: Any, matters: Mapping[str, Importance], before: Mapping[str, float]) -> None:
    """The challenger's, with its deviation over repeats, and the champion's beside it, the largest on top."""
    axes = made.subplots()
    names = sorted(matters, key=lambda name: -max(matters[name].mean, before.get(name, 0.0)))[:MOST][::-1]
    places = np.arange(len(names))
    now = [matters[name].mean for name in names]
    axes.barh(places + 0.2, now, 0.4, xerr=[matters[name].std for name in names], color=CHALLENGER, label="challenger")
    if before:
        axes.barh(places - 0.2, [before.get(name, 0.0) for name in names], 0.4, color=CHAMPION, label="champion")
    axes.set_yticks(places, names, fontsize=8, parse_math=False)
    axes.set_xlabel("log-loss that is lost when the column is another row's; bars: deviation over repeats")
    axes.legend(fontsize=8)
