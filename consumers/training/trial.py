"""Champion against challenger: the rows that neither was trained on, the loss on them, and every check beside it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from msgspec.structs import replace

from consumers.training import gate
from consumers.training.checks import agreement, calibration, labels, segments
from consumers.training.checks.check import Check, Common, values
from consumers.training.checks.segments import Segment
from consumers.training.dataset import Dataset, Ints, recoded
from consumers.training.job import Gate
from consumers.training.selection import Selection
from infra.boosting import Floats
from infra.serving import ServingModel
from schemas.declaration import Declaration

LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Trial:
    """`common` are the rows that the gate may use, with the scores of both."""

    gate: Gate
    common: Common
    segments: list[Segment]


def hold(declaration: Declaration, data: Dataset, selection: Selection, champion: ServingModel) -> Trial:
    """The verdict on the recipe that was chosen; what its version costs is asked when there is one (`extended`)."""
    theirs = scored(declaration, data, selection.places, champion)
    fair = data.times[selection.places] >= champion.contract.trained_until
    places = selection.places[fair]
    common = Common(
        champion=theirs[fair],
        challenger=selection.scores[selection.chosen][fair],
        labels=data.labels[places],
        times=data.times[places],
        segments=_segments(declaration, data, places),
    )
    verdict = gate.judge(
        common.champion,
        common.challenger,
        common.labels,
        common.times,
        declaration.promotion.min_gain,
        declaration.model.seed,
        declaration.promotion.doubt,
    )
    loss = Check(name=LOSS, passed=verdict.passed, reason=verdict.reason)
    before = Gate(**asdict(verdict), checks=[loss])
    parts = segments.table(common) if verdict.gain is not None else []
    return Trial(extended(before, _beside(declaration, common, parts, verdict.gain)), common, parts)


def extended(before: Gate, checks: Sequence[Check]) -> Gate:
    """With these checks too; the reason says each that failed, and the names of those that passed."""
    found = [*before.checks, *checks]
    beside = [check for check in found if check.name != LOSS]
    told = [f"{check.name} FAILED: {check.reason}" for check in beside if not check.passed]
    passed = ", ".join(check.name for check in beside if check.passed)
    loss = next(check.reason for check in found if check.name == LOSS)
    reason = "; ".join([loss, *told, *([f"passed: {passed}"] if passed else [])])
    return replace(before, checks=found, passed=all(check.passed for check in found), reason=reason)


def scored(declaration: Declaration, data: Dataset, places: Ints, model: ServingModel) -> Floats:
    """A version's scores of these rows, whose codes are of another one."""
    coded = recoded(data, list(declaration.features), model.contract.features, model.contract.categories)
    return model.predict(np.ascontiguousarray(coded[places]))


def _beside(declaration: Declaration, common: Common, parts: Sequence[Segment], gain: float | None) -> list[Check]:
    """Nothing can be said of rows that have no loss."""
    if gain is None:
        return []
    return [
        labels.check(common.labels),
        agreement.check(common),
        segments.check(parts),
        calibration.check(common, declaration.model.seed),
    ]


def _segments(declaration: Declaration, data: Dataset, places: Ints) -> dict[str, np.ndarray]:
    columns = list(declaration.features)
    return {name: values(data, columns.index(name), name, places) for name in declaration.stream.segments}
