"""A version from a data set: selected, gated, fitted once more on everything known, written and proven."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import numpy as np

from consumers.training import gallery, report, trial, writing
from consumers.training.candidates import ALL, candidates
from consumers.training.cause import Cause
from consumers.training.checks import reload
from consumers.training.codeversion import code_version
from consumers.training.compress import Compressed, Make, Weighed, variants, weigh
from consumers.training.dataset import Dataset, Ints, with_vocabulary
from consumers.training.gallery import Shown
from consumers.training.importance import Importance, permuted
from consumers.training.job import Gate, Result
from consumers.training.pipeline import fitted, limit
from consumers.training.selection import Fit, Score, Selection, select
from consumers.training.writing import Written
from infra.boosting import Floats
from infra.serving import ServingModel, scorer
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.reference import Contract


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
    never: ServingModel | None = None,
) -> Result:
    """Writes a bundle, pictures and a page into `folder`; of a challenger that the gate keeps out no bundle is used.

    Args:
        folder: where to.
        declaration: of the stream.
        data: what is known.
        champion: None for the first version.
        say: is told each stage.
        cause: the drift that a version answers: it is drawn, and changes nothing else.
        never: the first version, if it scores beside the champion: drawn as well.

    Raises:
        Refused: the rows cannot be trained on, or the estimator of a first version cannot be saved as a model file.
    """
    stages = Stages(say)
    stages("select")
    data = with_vocabulary(data, declaration, limit(declaration.model))
    with ThreadPoolExecutor(cores()) as pool:
        likely = pool.submit(_version, declaration, data, ALL)  # nearly always what is chosen, so it need not wait
        weighed = _selection(declaration, data, pool, required=champion is not None)
    selection = weighed.selection if weighed else None
    stages("importance")
    matters = _importance(declaration, data, selection)
    stages("gate")
    held = trial.hold(declaration, data, selection, champion) if selection and champion else None
    chosen = selection.chosen if selection else ALL
    verdict = held.gate.metrics() if held else {}
    found = Result(
        chosen=chosen,
        rows=len(data),
        gate=held.gate if held else None,
        metrics=_metrics(data, selection) | report.losses(weighed) | report.importance(matters) | verdict,
        params=_params(declaration, data, chosen) | {"compressed": report.variant(weighed)} | code_version(),
    )
    made: Contract | None = None
    if held is None or held.gate.passed:
        stages("fit")
        pipeline = likely.result() if chosen == ALL else _version(declaration, data, chosen)
        stages("write")
        small = _compressed(declaration, data, weighed, pipeline)
        trained = candidates(declaration.retrain)[chosen].rows(data, data.as_of)
        try:
            written = writing.write(folder, declaration, data, selection, trained, small, matters)
        except Refused as error:
            if found.gate is None:
                raise
            found = _judged(found, trial.extended(found.gate, [reload.refused(error)]))
        else:
            made = written.made
            found = _with(found, folder, written, declaration.stream.segments)
    stages("pictures")
    shown = Shown(declaration, data, selection, held, matters, cause, champion, never, made)
    found = gallery.draw(folder, found, shown)
    stages("done")
    return msgspec.structs.replace(found, seconds=stages.seconds)


def _with(found: Result, folder: Path, written: Written, segments: Sequence[str]) -> Result:
    """The result with the files that were written, and the gate's verdict on them."""
    made = written.made
    whole = msgspec.structs.replace(
        found,
        rows=made.rows,
        model_sha256=written.model_sha256,
        contract_sha256=written.contract_sha256,
        trained_from=made.trained_from,
        trained_until=made.trained_until,
        metrics=found.metrics | report.metrics(written.choice, folder),
        params=found.params | report.params(written.choice) | report.segments(made, segments),
    )
    return _judged(whole, trial.extended(found.gate, written.checks)) if found.gate else whole


def _judged(found: Result, gate: Gate) -> Result:
    return msgspec.structs.replace(found, gate=gate, metrics=found.metrics | gate.metrics())


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


def _version(declaration: Declaration, data: Dataset, name: str) -> Any:
    """The recipe that is judged, fitted on its window of everything known."""
    one = candidates(declaration.retrain)[name]
    trained = one.rows(data, data.as_of)
    weights = one.weights(data.times[trained], data.as_of)
    return pipelines(declaration, data)(data.rows[trained], data.labels[trained], weights)


def fitter(declaration: Declaration, data: Dataset) -> Fit:
    """From coded rows of `data`, labels and weights to the probability of class 1, by the declared estimator."""
    make_pipeline = pipelines(declaration, data)

    def fit(rows: Floats, labels: Ints, weights: Floats | None = None) -> Score:
        return scorer(make_pipeline(rows, labels, weights))

    return fit


def pipelines(declaration: Declaration, data: Dataset) -> Make:
    """From coded rows of `data`, labels and weights to the fitted pipeline."""
    vocabulary = {name: data.values[name] for name in declaration.names("category")}

    def make_pipeline(rows: Floats, labels: Ints, weights: Floats | None = None) -> Any:
        return fitted(declaration, vocabulary, rows, labels, weights)

    return make_pipeline


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
            "log_loss": selection.losses[selection.chosen],
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
        "windows_tried": ", ".join(candidates(declaration.retrain)),
        "dataset_sha256": data.digest,
        "dataset_rows": str(len(data)),
        "as_of": str(data.as_of),
    }
