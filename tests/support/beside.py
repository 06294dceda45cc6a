"""What versions lose on the rows of a day, as the evaluator would tell it, of models that are loaded and asked."""

import numpy as np

from consumers.training.dataset import recoded
from consumers.training.loss import log_loss
from infra.registry import Registry, load
from infra.serving import ServingModel
from schemas.messages import ModelRef, Performance, encode
from support.labelled import DAY, Rows, dataset
from support.retraining import World


class Beside:
    """Tells of each day what the champion and those beside it lose on it."""

    def __init__(self, world: World, rows: Rows) -> None:
        self._world, self._data = world, dataset(rows, 10**15)
        self._registry = Registry(world.settings.mlflow, world.declaration.name)
        self._models: dict[int, ServingModel] = {}

    def tell(self, day: int) -> None:
        """The rows of a day, all labelled."""
        now = self._world.models()[-1]
        for role, ref in (("champion", now.champion), *(("shadow", one) for one in now.shadows)):
            losses = self._losses(ref, day)
            found = Performance(
                role="champion" if role == "champion" else "shadow", version=ref.version, pane_start=day * DAY,
                pane_end=(day + 1) * DAY, predictions=len(losses), labelled=len(losses), log_loss=float(losses.mean()),
                brier=0.0, accuracy=0.0, label_lag_ms=0, watermark=(day + 1) * DAY,
            )  # fmt: skip
            self._world.send(self._world.topics.performance, encode(found))

    def _losses(self, ref: ModelRef, day: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        if ref.version not in self._models:
            self._models[ref.version] = load(ref, self._registry, self._world.settings.home / "models")
        model, data = self._models[ref.version], self._data
        places = np.flatnonzero(data.times // DAY == day)
        declared = list(self._world.declaration.features)
        coded = recoded(data, declared, model.contract.features, model.contract.categories)
        return log_loss(model.predict(np.ascontiguousarray(coded[places])), data.labels[places])
