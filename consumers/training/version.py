"""A version from a data set: selected, gated, fitted once more on everything known, written and proven."""

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import numpy as np

from consumers.training import gallery, report, trial, writing
from consumers.training.cause import Cause
from consumers.training.checks import reload
from consumers.training.compress import Compressed, Weighed, variants, weigh
from consumers.training.dataset import Dataset, with_vocabulary
from consumers.training.importance import Importance, permuted
from consumers.training.job import Result
from consumers.training.loss import log_loss
from consumers.training.pipeline import fitted, limit
from consumers.training.selection import ALL, Selection, select, trainable, windows
from consumers.training.writing import Written
from infra.boosting import Floats
from infra.serving import ServingModel, scorer
from schemas.declaration import Declaration
from schemas.errors import Refused


def cores() -> int:
    """Models are fitted side by side, each by one thread: on a busy machine threads of one fit wait for each other."""
    return os.cpu_count() or 1


class Stages:
    """Says which stage runs and keeps how long each took, in seconds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        self._say, self._name, self._since = say, "", monotonic()

    def __call__(self, name: str) -> None:
        """The stage before ends, this one begins."""
        now = monotonic()
        if self._name:
            self.seconds[self._name] = round(now - self._since, 3)
        self._name, self._since = name, now
        self._say(name)


def make(
    folder: Path,
    declaration: Declaration,
    data: Dataset,
    champion: ServingModel | None,
    say: Callable[[str], None],
    cause: Cause | None = None,
) -> Result:
    """Writes a bundle and pictures into `folder`, unless the gate keeps the challenger out.

    `cause` is the drift that a version answers: it is drawn, and changes nothing else.

    Raises:
        Refused: the rows cannot be trained on, or the estimator cannot be saved as a model file.
    """
    stages = Stages(say)
    stages("select")
    data = with_vocabulary(data, declaration, limit(declaration.model))
    with ThreadPoolExecutor(cores()) as pool:
        likely = pool.submit(_version, declaration, data, ALL)  # nearly always what is chosen, so it need not wait
        weighed = _selection(declaration, data, pool, required=champion is not None)
    selection = weighed.selection if weighed else None
    held = trial.hold(declaration, data, selection, champion) if selection and champion else None
    chosen = selection.chosen if selection else next(iter(windows(declaration.retrain)))
    found = Result(
        chosen=chosen,
        rows=len(data),
        gate=held.gate if held else None,
        metrics=_metrics(data, selection) | report.losses(weighed),
        params=_params(declaration, data, chosen) | {"compressed": report.variant(weighed)},
    )
    if held and not held.gate.passed:
        stages("done")
        return _told(found, stages)
    stages("fit")
    pipeline = likely.result() if chosen == ALL else _version(declaration, data, chosen)
    stages("serve")
    small = _compressed(declaration, data, weighed, pipeline)
    stages("importance")
    matters = _importance(declaration, data, selection)
    stages("write")
    trained = trainable(data, data.as_of, windows(declaration.retrain)[chosen])
    try:
        written = writing.write(folder, declaration, data, selection, trained, small, matters)
    except Refused as error:
        if held is None:
            raise
        refused = trial.extended(held.gate, [reload.refused(error)])
        return _told(msgspec.structs.replace(found, gate=refused), stages)
    found = _with(found, folder, written, matters)
    stages("pictures")
    theirs = held.champion if held else None
    drift = gallery.Drift(declaration, cause, champion, written.made)
    drawn, undrawn = gallery.draw(folder, data, selection, theirs, drift)
    stages("done")
    return _told(msgspec.structs.replace(found, pictures=drawn, undrawn=undrawn), stages)


def _with(found: Result, folder: Path, written: Written, matters: dict[str, Importance]) -> Result:
    """The result with the files that were written, and the gate's verdict on them."""
    made = written.made
    return msgspec.structs.replace(
        found,
        rows=made.rows,
        gate=trial.extended(found.gate, written.checks) if found.gate else None,
        model_sha256=written.model_sha256,
        contract_sha256=written.contract_sha256,
        trained_from=made.trained_from,
        trained_until=made.trained_until,
        metrics=found.metrics | report.metrics(written.choice, folder) | report.importance(matters),
        params=found.params | report.params(written.choice),
    )


def _told(found: Result, stages: Stages) -> Result:
    """With the gate's figures and the times of the stages."""
    metrics = found.metrics | (found.gate.metrics() if found.gate else {})
    return msgspec.structs.replace(found, metrics=metrics, seconds=stages.seconds)


def _importance(declaration: Declaration, data: Dataset, selection: Selection | None) -> dict[str, Importance]:
    """Of the recipe on rows that it had not seen; of a first version without such rows nothing is known."""
    if selection is None:
        return {}
    return permuted(data, selection.folds, list(declaration.features), declaration.model.seed, monotonic)


def _compressed(declaration: Declaration, data: Dataset, weighed: Weighed | None, pipeline: Any) -> Compressed:
    """The pipeline as the variant that was weighed, or as it is."""
    if weighed is None or weighed.chosen is None:
        return Compressed(pipeline)
    return variants(declaration.model.compress)[weighed.chosen](pipeline, data.rows)


def _version(declaration: Declaration, data: Dataset, window: str) -> Any:
    """The recipe that is judged, fitted on its window of everything known."""
    trained = trainable(data, data.as_of, windows(declaration.retrain)[window])
    return fitted(declaration, _vocabulary(declaration, data), data.rows[trained], data.labels[trained])


def fitter(declaration: Declaration, data: Dataset) -> Callable[[Floats, Any], Callable[[Floats], Floats]]:
    """From coded rows and labels of `data` to the probability of class 1, by the declared estimator."""
    make_pipeline = pipelines(declaration, data)
    return lambda rows, labels: scorer(make_pipeline(rows, labels))


def pipelines(declaration: Declaration, data: Dataset) -> Callable[[Floats, Any], Any]:
    """From coded rows and labels of `data` to the fitted pipeline."""
    vocabulary = _vocabulary(declaration, data)
    return lambda rows, labels: fitted(declaration, vocabulary, rows, labels)


def _vocabulary(declaration: Declaration, data: Dataset) -> dict[str, list[str]]:
    return {name: data.values[name] for name in declaration.names("category")}


def _selection(declaration: Declaration, data: Dataset, pool: Executor, *, required: bool) -> Weighed | None:
    """Cross-validation; a first version may do without when its history is too short for it."""
    try:
        selection = select(data, declaration.retrain, fitter(declaration, data), declaration.model.seed, pool)
        return weigh(declaration, data, selection, pipelines(declaration, data), pool)
    except Refused:
        if required:
            raise
        return None


def _metrics(data: Dataset, selection: Selection | None) -> dict[str, float]:
    found = {"base_rate": float(data.labels.mean())}
    if selection is not None:
        scores, labels = selection.scores[selection.chosen], data.labels[selection.places]
        found |= {f"log_loss_{name.replace(' ', '_')}": loss for name, loss in selection.losses.items()}
        found |= {
            "log_loss": float(log_loss(scores, labels).mean()),
            "brier": float(np.square(scores - labels).mean()),
            "accuracy": float(((scores >= 0.5) == labels).mean()),  # noqa: PLR2004 - the class is the likelier one
        }
    return found


def _params(declaration: Declaration, data: Dataset, chosen: str) -> dict[str, str]:
    own = {f"model.{name}": str(value) for name, value in declaration.model.params.items()}
    return own | {
        "estimator": declaration.model.estimator,
        "seed": str(declaration.model.seed),
        "window": chosen,
        "windows_tried": ", ".join(windows(declaration.retrain)),
        "dataset_sha256": data.digest,
        "dataset_rows": str(len(data)),
        "as_of": str(data.as_of),
    }
