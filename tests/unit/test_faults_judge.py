"""The judge acquits a round in which all is right, and finds each single thing that is not."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from faults.evidence import Evidence, Prediction, Sample
from faults.judge import Verdict, judge
from schemas.position import Position
from schemas.reference import SCORE, Cells, Contract

HOUR = 3_600_000
CUTS = [-1.0, 0.0, 1.0]


def cells(name: str, cuts: list[float]) -> Cells:
    return Cells(feature=name, kind="number", cuts=cuts, counts=[0] * (2 * len(cuts) + 2), n=0)


CONTRACT = Contract(
    stream="s", features=["x"], categories={}, reference=[cells("x", CUTS), cells(SCORE, [0.5])],
    probe=[], probe_scores=[], trained_from=0, trained_until=0, rows=0,
)  # fmt: skip


@dataclass
class Line:
    """score = x * slope, clipped."""

    slope: float
    contract: Contract = field(default_factory=lambda: CONTRACT)

    def predict(self, rows: NDArray[np.float64], /) -> NDArray[np.float64]:
        return np.clip(rows[:, 0] * self.slope, 0, 1)


MODELS = {1: Line(0.5), 2: Line(0.9)}
CELLS_OF_X: list[Callable[[float], bool]] = [
    lambda v: v < -1, lambda v: v == -1, lambda v: -1 < v < 0, lambda v: v == 0, lambda v: 0 < v < 1, lambda v: v == 1,
    lambda v: v > 1,
]  # fmt: skip
XS = [-2.0, -1.0, 0.5, 1.0, 1.5]


def counts(x: list[float], version: int) -> NDArray[np.int64]:
    score = MODELS[version].predict(np.array(x)[:, None])
    of_x = [sum(at(v) for v in x) for at in CELLS_OF_X]
    of_score = [int((score < 0.5).sum()), int((score == 0.5).sum()), int((score > 0.5).sum())]
    return np.array([*of_x, 0, *of_score, 0], np.int64)


def evidence() -> Evidence:
    """Offsets 0-4 of partition 0 are scored, by version 2 from 3 on; 5 is no JSON, 6 is sample 2 again."""
    samples: dict[tuple[int, int], Sample | None] = {
        (0, i): Sample(f"s{i}", i * HOUR // 2, {"x": x}) for i, x in enumerate(XS)
    }
    samples |= {(0, 5): None, (0, 6): Sample("s2", HOUR, {"x": 0.5})}
    predictions = [
        Prediction(f"s{i}", i * HOUR // 2, float(MODELS[1 + (i > 2)].predict(np.array([[x]]))[0]), 1 + (i > 2), (0, i))
        for i, x in enumerate(XS)
    ]
    panes: dict[tuple[int, int, int], Any] = {
        (0, 1, 0): counts(XS[:2], 1), (0, 1, HOUR): counts([XS[2]], 1),
        (0, 2, HOUR): counts([XS[3]], 2), (0, 2, 2 * HOUR): counts([XS[4]], 2),
    }  # fmt: skip
    return Evidence(
        samples=samples,
        predictions=predictions,
        rejected=[(0, 5)],
        late=[],
        positions={0: Position(next=7, received=7, scored=5, rejected=1, duplicates=1)},
        panes=panes,
        stored=[(*p.source, p.version, p.score) for p in predictions],
        rows={"rejected": 1, "labels": 4},
        written={"rejected": 1, "labels": 4},
    )


def judged(found: Evidence) -> Verdict:
    return judge(found, MODELS, "1h")


def test_a_round_in_which_all_is_right_is_acquitted() -> None:
    verdict = judged(evidence())

    assert verdict.faulty() == []
    assert (verdict.samples, verdict.panes) == (7, 4)


def without_a_prediction(e: Evidence) -> Evidence:
    return replace(e, predictions=e.predictions[1:])


def with_a_prediction_twice(e: Evidence) -> Evidence:
    return replace(e, predictions=[*e.predictions, e.predictions[0]])


def with_a_duplicate_predicted(e: Evidence) -> Evidence:
    return replace(e, predictions=[*e.predictions, Prediction("s2", HOUR, 0.25, 1, (0, 6))])


def with_a_foreign_prediction(e: Evidence) -> Evidence:
    return replace(e, predictions=[*e.predictions, Prediction("s9", 0, 0.25, 1, (0, 9))])


def with_a_sample_rejected(e: Evidence) -> Evidence:
    return replace(e, predictions=e.predictions[1:], rejected=[*e.rejected, (0, 0)])


def with_the_wrong_version(e: Evidence) -> Evidence:
    first, *others, last = e.predictions
    return replace(e, predictions=[first, *others, Prediction(last.id, last.ts, last.score, 1, last.source)])


def with_a_cell_one_too_many(e: Evidence) -> Evidence:
    return replace(e, panes=e.panes | {(0, 1, 0): e.panes[0, 1, 0] + np.eye(12, dtype=np.int64)[1]})


def without_a_pane(e: Evidence) -> Evidence:
    return replace(e, panes={key: value for key, value in e.panes.items() if key != (0, 1, 0)})


def with_a_position_that_counts_wrong(e: Evidence) -> Evidence:
    return replace(e, positions={0: Position(next=7, received=8, scored=6, rejected=1, duplicates=1)})


def with_records_unavailable(e: Evidence) -> Evidence:
    return replace(e, positions={0: Position(next=7, received=7, scored=5, rejected=1, duplicates=1, unavailable=1)})


def with_a_late_sample(e: Evidence) -> Evidence:
    return replace(e, late=[(0, 1)])


def with_a_row_missing(e: Evidence) -> Evidence:
    return replace(e, stored=e.stored[1:])


def with_another_score_stored(e: Evidence) -> Evidence:
    return replace(e, stored=[(0, 0, 1, 0.75), *e.stored[1:]])


def with_a_label_missing(e: Evidence) -> Evidence:
    return replace(e, rows=e.rows | {"labels": 3})


@pytest.mark.parametrize(
    ("spoiled", "found"),
    [
        (without_a_prediction, "lost: 1"),
        (with_a_prediction_twice, "doubled: 1"),
        (with_a_duplicate_predicted, "doubled: 1"),
        (with_a_foreign_prediction, "foreign: 1"),
        (with_a_sample_rejected, "misjudged: 1"),
        (with_the_wrong_version, "wrong_scores: 1"),
        (with_a_cell_one_too_many, "wrong_panes: 1"),
        (without_a_pane, "wrong_panes: 1"),
        (with_a_position_that_counts_wrong, "balance: 2"),
        (with_records_unavailable, "unavailable: 1"),
        (with_a_late_sample, "late: 1"),
        (with_a_row_missing, "PostgreSQL predictions: 1 rows differ"),
        (with_another_score_stored, "PostgreSQL predictions: 2 rows differ"),
        (with_a_label_missing, "PostgreSQL labels: 1 rows differ"),
    ],
)
def test_each_single_wrong_is_found(spoiled: Callable[[Evidence], Evidence], found: str) -> None:
    assert found in judged(spoiled(evidence())).faulty()
