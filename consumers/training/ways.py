"""How a version is served: of the ways that give the scores of the model, the fastest.

scikit-learn's own calls; our compiled trees where there are some; else ONNX at both precisions. Why not both of the
last, and what each gives: docs/decisions/0008-models-compiled-for-serving.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from consumers.training import export
from consumers.training.timing import Times, fastest, timed
from infra import onnxmodel
from infra.boosting import Floats
from infra.bundle import EQUAL
from infra.serving import interpreted, kernel
from schemas.errors import Refused

INTERPRETED, KERNEL, INT8 = "scikit-learn", "kernel", "onnx-int8"
ALONE = 1e-12
"""How far a row's score alone may be from its score among others: a replay cuts the stream into other batches."""
EVEN = 0.5
_SINGLES = 50

Score = Callable[[Floats], Floats]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to score; `content` is its file if it has one of its own, `difference` the largest from the model's."""

    score: Score
    content: bytes | None = None
    difference: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What serves, by name; every way that could, with its times; and why others cannot."""

    name: str
    ways: dict[str, Way]
    times: dict[str, Times]
    faults: dict[str, str]

    @property
    def way(self) -> Way:
        """The one that serves."""
        return self.ways[self.name]


def choose(pipeline: Any, rows: Floats) -> Choice:
    """The fastest way to serve a fitted pipeline.

    Args:
        pipeline: the whole, its first step the encoder.
        rows: coded rows as they come now, float64 (n, k), n >= 1.

    Raises:
        Refused: our compiled trees do not score as scikit-learn does.
    """
    model, trying = interpreted(pipeline), stress(rows)
    expected = model(trying)
    ways, faults = {INTERPRETED: Way(model)}, dict[str, str]()
    trees = kernel(pipeline)
    found = {KERNEL: Way(trees)} if trees else exported(pipeline, faults)
    for name, way in found.items():
        ways[name] = replace(way, difference=float(np.abs(way.score(trying) - expected).max()))
        fault = unequal(way.score, trying, expected)
        if fault and trees:
            raise Refused(f"The way by compiled trees {fault}. The version was thrown away: report this with its data")
        if fault:
            faults[name] = fault
            del ways[name]
    times = timed({name: way.score for name, way in ways.items()}, rows)
    return Choice(KERNEL if trees else fastest(times), ways, times, faults)


def forced(pipeline: Any, content: bytes, rows: Floats) -> Choice:
    """A graph that was judged by its own scores and serves though they are not the model's; how far is told."""
    model, trying = interpreted(pipeline), stress(rows)
    score = onnxmodel.scorer(content)
    small = Way(score, content, float(np.abs(score(trying) - model(trying)).max()))
    ways = {INTERPRETED: Way(model), INT8: small}
    return Choice(INT8, ways, timed({name: way.score for name, way in ways.items()}, rows), {})


def stress(rows: Floats) -> Floats:
    """These rows, and the first of them without each of its values in turn, and without any."""
    columns = rows.shape[1]
    holes = np.repeat(rows[:1], columns + 1, axis=0)
    holes[np.arange(columns), np.arange(columns)] = np.nan
    holes[columns] = np.nan
    return np.concatenate([rows, holes])


def unequal(score: Score, rows: Floats, expected: Floats) -> str | None:
    """What keeps a way from standing for the model whose scores of `rows` are `expected`; None if nothing does."""
    scores = score(rows)
    gap = float(np.abs(scores - expected).max())
    if not gap <= EQUAL:  # true of NaN too
        return f"gives scores up to {gap:.2g} from the model's, allowed {EQUAL:g}"
    turned = int(((scores >= EVEN) != (expected >= EVEN)).sum())
    if turned:
        return f"gives {turned} of {len(rows)} rows the other class"
    places = np.linspace(0, len(rows) - 1, min(_SINGLES, len(rows))).astype(int)
    alone = np.concatenate([score(rows[place : place + 1]) for place in places])
    apart = float(np.abs(alone - scores[places]).max())
    return f"scores a row up to {apart:.2g} otherwise alone than among others" if apart > ALONE else None


def exported(pipeline: Any, faults: dict[str, str]) -> dict[str, Way]:
    """ONNX at each precision; `faults` gets why one could not be made."""
    found = {}
    for precision in export.precisions(pipeline):
        name = f"onnx-{precision}"
        try:
            content = export.onnx(pipeline, precision)
            onnxmodel.check(content, pipeline.steps[0][1].n_features_in_)
            found[name] = Way(onnxmodel.scorer(content), content)
        except Exception as error:  # noqa: BLE001 - converters fail in any way; the model can be served without
            faults[name] = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"
    return found
