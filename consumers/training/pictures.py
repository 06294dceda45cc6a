"""Pictures of a challenger for its registry page: loss per day beside the champion's, and reliability."""

from pathlib import Path

import numpy as np

from consumers.training.dataset import Dataset, Ints
from consumers.training.loss import DAY_MS, log_loss
from consumers.training.selection import Selection
from infra.boosting import Floats

FOLDER = "pictures"
_BINS = 10


def draw(folder: Path, data: Dataset, selection: Selection, champion: Floats | None) -> list[str]:
    """Writes PNG files into `folder`/pictures; their names, with that folder's.

    Args:
        folder: where to.
        data: the rows that selection's places point into.
        selection: out-of-fold scores.
        champion: the champion's scores of the same rows, float64 (n,), if there is one.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - heavy: only the training process
    from matplotlib.figure import Figure  # noqa: PLC0415 - as above

    places, scores = selection.places, selection.scores[selection.chosen]
    days, labels = data.times[places] // DAY_MS, data.labels[places]
    names = []
    (folder / FOLDER).mkdir(exist_ok=True)
    for name, paint in (
        (f"{FOLDER}/loss_per_day.png", lambda axes: _loss(axes, days, labels, scores, champion)),
        (f"{FOLDER}/reliability.png", lambda axes: _reliability(axes, labels, scores)),
    ):
        figure = Figure(figsize=(6, 3.5), dpi=80, layout="constrained")
        FigureCanvasAgg(figure)
        paint(figure.add_subplot())  # type: ignore[no-untyped-call] # a lambda over matplotlib's axes
        figure.savefig(folder / name)
        names.append(name)
    return names


def _loss(axes: object, days: Ints, labels: Ints, scores: Floats, champion: Floats | None) -> None:
    _line(axes, days, log_loss(scores, labels), "challenger, out of fold")
    if champion is not None:
        _line(axes, days, log_loss(champion, labels), "champion")
    axes.set(xlabel="day of the stream", ylabel="log-loss")  # type: ignore[attr-defined] # Axes, which only drawing imports
    axes.legend()  # type: ignore[attr-defined] # as above


def _line(axes: object, days: Ints, losses: Floats, name: str) -> None:
    present, place = np.unique(days, return_inverse=True)
    means = np.bincount(place, losses) / np.bincount(place)
    axes.plot(present.astype("datetime64[D]"), means, marker=".", label=name)  # type: ignore[attr-defined] # as above
    axes.tick_params("x", rotation=30)  # type: ignore[attr-defined] # as above


def _reliability(axes: object, labels: Ints, scores: Floats) -> None:
    place = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    counts = np.bincount(place, minlength=_BINS)
    filled = counts > 0
    said = np.bincount(place, scores, _BINS)[filled] / counts[filled]
    came = np.bincount(place, labels, _BINS)[filled] / counts[filled]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)  # type: ignore[attr-defined] # as above
    axes.plot(said, came, marker="o")  # type: ignore[attr-defined] # as above
    axes.set(xlabel="probability given", ylabel="share that came true", xlim=(0, 1), ylim=(0, 1))  # type: ignore[attr-defined] # as above
