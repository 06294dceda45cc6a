"""A training's result as a version that serves, without a registry."""

from pathlib import Path

from consumers.training import version
from consumers.training.job import Result
from infra import bundle
from infra.serving import ServingModel
from schemas.messages import ModelRef
from support.labelled import DAY, dataset, declaration, rows

DAYS, TURN = 26, 14
"""Of a stream whose truth turns round."""


def loaded(folder: Path, made: Result, number: int = 1) -> ServingModel:
    """The version whose files are in the folder."""
    ref = ModelRef(
        version=number, run_id="", model_sha256=made.model_sha256, contract_sha256=made.contract_sha256,
        trained_until=made.trained_until,
    )  # fmt: skip
    return bundle.load(folder, ref)


def before_turn(folder: Path) -> ServingModel:
    """Trained before day TURN."""
    data = dataset(rows(DAYS, TURN), TURN * DAY)
    return loaded(folder, version.make(folder, declaration(), data, None, lambda _: None))
