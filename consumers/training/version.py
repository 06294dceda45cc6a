"""A version from a data set: selected, gated, fitted once more on everything known, written and proven."""

import os
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
import numpy as np

from consumers.training import gallery, gate, report, ways
from consumers.training.cause import Cause
from consumers.training.compress import Compressed, Weighed, variants, weigh
from consumers.training.contract import contract
from consumers.training.dataset import Dataset, recoded, with_vocabulary
from consumers.training.importance import Importance, permuted
from consumers.training.job import Gate, Result
from consumers.training.loss import log_loss
from consumers.training.pipeline import fitted, limit
from consumers.training.selection import ALL, Selection, select, trainable, windows
from infra import bundle
from infra.boosting import Floats
from infra.serving import ServingModel, scorer
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.reference import Contract

RECENT = 4_000
"""The last rows, on which ways to serve are compared."""


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
    verdict, theirs = _judged(declaration, data, selection, champion)
    chosen = selection.chosen if selection else next(iter(windows(declaration.retrain)))
    found = Result(
        chosen=chosen,
        rows=len(data),
        gate=verdict,
        metrics=_metrics(data, selection, verdict) | report.losses(weighed),
        params=_params(declaration, data, chosen) | {"compressed": report.variant(weighed)},
    )
    if verdict is not None and not verdict.passed:
        stages("done")
        return msgspec.structs.replace(found, seconds=stages.seconds)
    stages("fit")
    pipeline = likely.result() if chosen == ALL else _version(declaration, data, chosen)
    stages("serve")
    small = _compressed(declaration, data, weighed, pipeline)
    stages("importance")
    matters = _importance(declaration, data, selection)
    stages("write")
    found, made = _written(folder, declaration, data, selection, found, small, matters)
    stages("pictures")
    drawn, undrawn = gallery.draw(folder, data, selection, theirs, gallery.Drift(declaration, cause, champion, made))
    stages("done")
    return msgspec.structs.replace(found, pictures=drawn, undrawn=undrawn, seconds=stages.seconds)


def _written(
    folder: Path,
    declaration: Declaration,
    data: Dataset,
    selection: Selection | None,
    found: Result,
    small: Compressed,
    matters: dict[str, Importance],
) -> tuple[Result, Contract]:
    """The version's bundle, with the way it is served by, proven."""
    choice = served(small, data.rows[-RECENT:])
    trained = trainable(data, data.as_of, windows(declaration.retrain)[found.chosen])
    known = {name: one.mean for name, one in matters.items()}
    made = contract(declaration, data, selection, trained, choice.way.score, known)
    if not np.isfinite(made.probe_scores).all():
        raise Refused("The fitted model gives scores that are not numbers. It was thrown away")
    model_sha256, contract_sha256 = bundle.write(folder, small.pipeline, made, choice.way.content)
    written = msgspec.structs.replace(
        found,
        rows=made.rows,
        model_sha256=model_sha256,
        contract_sha256=contract_sha256,
        trained_from=made.trained_from,
        trained_until=made.trained_until,
        metrics=found.metrics | report.metrics(choice, folder) | report.importance(matters),
        params=found.params | report.params(choice),
    )
    return written, made


def _importance(declaration: Declaration, data: Dataset, selection: Selection | None) -> dict[str, Importance]:
    """Of the recipe on rows that it had not seen; of a first version without such rows nothing is known."""
    if selection is None:
        return {}
    return permuted(data, selection.folds, list(declaration.features), declaration.model.seed, monotonic)


def served(small: Compressed, recent: Floats) -> ways.Choice:
    """How to serve it: as it was judged where it has a graph of its own, else by the fastest equal way."""
    if small.content is not None:
        return ways.forced(small.pipeline, small.content, recent)
    return ways.choose(small.pipeline, recent)


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


def _judged(
    declaration: Declaration, data: Dataset, selection: Selection | None, champion: ServingModel | None
) -> tuple[Gate | None, Floats | None]:
    """The gate's verdict, and the champion's scores of the selection's rows."""
    if champion is None or selection is None:
        return None, None
    places = selection.places
    coded = recoded(data, champion.contract.features, champion.contract.categories)
    theirs = champion.predict(np.ascontiguousarray(coded[places]))
    fair = data.times[places] >= champion.contract.trained_until
    verdict = gate.judge(
        theirs[fair],
        selection.scores[selection.chosen][fair],
        data.labels[places][fair],
        data.times[places][fair],
        declaration.promotion.min_gain,
        declaration.model.seed,
        declaration.promotion.doubt,
    )
    return msgspec.convert(verdict, Gate, from_attributes=True), theirs


def _metrics(data: Dataset, selection: Selection | None, verdict: Gate | None) -> dict[str, float]:
    found = {"base_rate": float(data.labels.mean())}
    if selection is not None:
        scores, labels = selection.scores[selection.chosen], data.labels[selection.places]
        found |= {f"log_loss_{name.replace(' ', '_')}": loss for name, loss in selection.losses.items()}
        found |= {
            "log_loss": float(log_loss(scores, labels).mean()),
            "brier": float(np.square(scores - labels).mean()),
            "accuracy": float(((scores >= 0.5) == labels).mean()),  # noqa: PLR2004 - the class is the likelier one
        }
    if verdict is not None:
        figures = {
            "champion_log_loss": verdict.champion,
            "gain": verdict.gain,
            "gain_low": verdict.low,
            "gain_high": verdict.high,
        }
        found |= {name: value for name, value in figures.items() if value is not None}
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
