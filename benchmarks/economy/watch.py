"""What the judge would say of a champion, pane by pane: our own counts, tests and incidents, without Kafka."""

from dataclasses import dataclass, field

import numpy as np
from msgspec.structs import replace

from benchmarks.economy.fits import Fits, Version
from consumers.training.candidates import Candidate
from consumers.training.contract import contract
from consumers.training.dataset import Dataset, Ints
from consumers.training.importance import permuted
from consumers.training.loss import log_loss
from consumers.training.selection import Selection
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.messages import LOSS_SCALE, SQUARE_SCALE, DriftEvent, Outcome
from schemas.sketch import SketchRow
from streams.encode import UNSEEN, Inputs
from streams.judge import Judge
from streams.outcomes import OutcomeJudge
from streams.summarize import Counter


@dataclass(slots=True)
class Watch:
    """Of one world. `follow` a champion, then take its panes in order; `events` are those that the judge would send."""

    fits: Fits
    declaration: Declaration = field(init=False)
    judge: Judge = field(init=False)
    outcomes: OutcomeJudge = field(init=False)
    counters: dict[int, Counter] = field(default_factory=dict)
    _number: int = 0
    _version: Version = field(init=False)
    _coded: Floats = field(init=False)

    def __post_init__(self) -> None:
        declared = self.fits.world.declaration
        self.declaration = replace(declared, stream=replace(declared.stream, partitions=1))
        self.judge, self.outcomes = Judge(self.declaration), OutcomeJudge(self.declaration)

    def follow(self, number: int, version: Version, data: Dataset, selection: Selection | None) -> None:
        """This version, made of `data` and tested by `selection`, is the champion from now on."""
        trained = Candidate(version.window).rows(data, data.as_of)
        folds = selection.folds if selection else []
        names, seed = list(self.declaration.features), self.declaration.model.seed
        matters = permuted(data, folds, names, seed, lambda: 0.0) if folds else {}
        score = self.fits.model(data, version.window)
        importance = {name: one.mean for name, one in matters.items()}
        made = contract(self.declaration, data, selection, trained, score, importance)
        self.counters[number] = Counter(self.declaration, made)
        self._coded = self.fits.world.coded(list(self.declaration.features), data.values)
        self._version, self._number = version, number

    def pane(self, start: int) -> list[DriftEvent]:
        """The events after the pane from `start` on; its labels count as far as they are known by then."""
        world, counter = self.fits.world, self.counters[self._number]
        low, high = np.searchsorted(world.data.times, [start, start + self.declaration.pane_ms])
        places = np.arange(low, high)
        scores = self._version.of(places)
        sketch = counter.empty()
        columns = [list(self.declaration.features).index(name) for name in self.declaration.names("category")]
        rows = self._coded[low:high].copy()
        unseen = np.isnan(rows[:, columns]) & ~np.isnan(world.data.rows[low:high][:, columns])
        rows[:, columns] = np.where(unseen, UNSEEN, rows[:, columns])
        counter.count(Inputs(rows, columns), scores, sketch)
        counts, sums = sketch.to_bytes()
        self.judge.fold(
            SketchRow(
                partition=0, version=self._number, pane_start=start, reach=int(high),
                closed=start + self.declaration.pane_ms, counts=counts, sums=sums, reference=sketch.reference,
            )
        )  # fmt: skip
        inputs = [event for judged in self.judge.verdicts(self.counters) for event in judged.events]
        return inputs + self._turned_out(start, scores, world.data.labels[places])

    def _turned_out(self, start: int, scores: Floats, labels: Ints) -> list[DriftEvent]:
        """What outcomes say of the pane."""
        losses = log_loss(scores, labels)
        row = Outcome(
            version=self._number, pane_start=start,
            pane_end=start + self.declaration.pane_ms, predictions=len(labels), labelled=len(labels),
            positives=int(labels.sum()), loss=int(np.rint(losses * LOSS_SCALE).sum()),
            squares=int(np.rint(losses**2 * SQUARE_SCALE).sum()), adwin_width=None, adwin_mean=None,
            adwin_delta=0.002, changed=False,
        )  # fmt: skip
        judged = self.outcomes.of(row, self.counters[self._number].outcomes)
        return judged.events if judged else []
