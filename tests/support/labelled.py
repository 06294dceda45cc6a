"""A stream whose truth turns round at a known time, as columns, as a data set, and as rows of the warehouse."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from consumers.training.dataset import Dataset, codes
from schemas.declaration import Declaration, parse

HOUR, DAY = 3_600_000, 86_400_000
TEXT = """
[stream]
name = "{name}"
pane = "1d"
lateness = "1h"
partitions = 2
[features.x]
kind = "number"
required = false
[features.n]
kind = "integer"
[features.color]
kind = "category"
required = false
[features.open]
kind = "boolean"
[model]
estimator = "{estimator}"
params = {params}
baseline = "first"
[retrain]
cooldown = "7d"
recent = "10d"
folds = 2
fold = "3d"
minimum_labels = 200
time_limit = "{time_limit}"
[promotion]
proof_limit = "{proof_limit}"
"""
TREES = ("sklearn.ensemble:HistGradientBoostingClassifier", "{ max_iter = 20 }")
LINE = ("sklearn.linear_model:LogisticRegression", "{ max_iter = 200 }")
FOREST = ("sklearn.ensemble:RandomForestClassifier", "{ n_estimators = 5, max_depth = 5 }")


def text(name: str, model: tuple[str, str] = TREES, time_limit: str = "2m", proof_limit: str = "20s") -> bytes:
    """The declaration as a file would hold it."""
    estimator, params = model
    return TEXT.format(
        name=name, estimator=estimator, params=params, time_limit=time_limit, proof_limit=proof_limit
    ).encode()


def declaration(name: str = "turning", model: tuple[str, str] = TREES) -> Declaration:
    """The declaration, checked."""
    return parse(text(name, model), f"{name}.toml")


@dataclass(frozen=True)
class Rows:
    """Samples in order of time, each labelled an hour later."""

    times: NDArray[np.int64]
    x: NDArray[np.float64]
    n: NDArray[np.int64]
    color: list[str | None]
    open: NDArray[np.bool_]
    labels: NDArray[np.int64]

    def features(self, row: int) -> bytes:
        """The JSON of one sample's features."""
        x = None if np.isnan(self.x[row]) else float(self.x[row])
        return msgspec.json.encode(
            {"x": x, "n": int(self.n[row]), "color": self.color[row], "open": bool(self.open[row])}
        )


def rows(days: int, turn: float, per_day: int = 200, seed: int = 0) -> Rows:
    """Label 1 goes with large x until day `turn`, then with small x; red things are late more often."""
    rng = np.random.default_rng(seed)
    count = days * per_day
    times = np.sort(rng.integers(0, days * DAY, count))
    x, color = rng.normal(size=count), rng.choice(["red", "blue", "green"], count).tolist()
    sign = np.where(times < turn * DAY, 2.0, -2.0)
    chance = 1 / (1 + np.exp(-(sign * x + np.array([one == "red" for one in color]) - 0.5)))
    labels = (rng.random(count) < chance).astype(np.int64)
    x[rng.random(count) < 0.05] = np.nan
    missing: list[str | None] = [None if rng.random() < 0.05 else one for one in color]
    return Rows(times, x, rng.integers(0, 5, count), missing, rng.random(count) < 0.5, labels)


def dataset(found: Rows, as_of: int) -> Dataset:
    """What was known at `as_of`."""
    known = found.times + HOUR
    kept = known <= as_of
    color, values = codes(found.color)
    columns = np.column_stack([found.x, found.n, color, found.open]).astype(np.float64)
    return Dataset(
        columns[kept], found.labels[kept], found.times[kept], known[kept], {"color": values}, as_of, "digest"
    )


def declared(folder: Path, name: str, proof_limit: str = "20s") -> Path:
    """The declaration as a file in `folder`."""
    path = folder / f"{name}.toml"
    path.write_bytes(text(name, proof_limit=proof_limit))
    return path
