"""A stream with an end: every row that ever gets a label, and when; policies are replayed through it in event time."""

from dataclasses import dataclass, replace

import msgspec
import numpy as np

from benchmarks.shuffled.year import Year
from consumers.training.dataset import Dataset, Ints, codes, recoded
from infra.boosting import Floats
from producers.likeness import leaf, likeness
from producers.rhythm import rhythm
from producers.sections import DOUBT, PAYOFF
from schemas.declaration import Declaration, Retrain

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class World:
    """`data` is all of it, in order of event time; the first champion knows what was known at `start` (epoch ms).

    Decisions are taken at the ends of panes of `declaration`, from `start` on until `end`.
    """

    name: str
    declaration: Declaration
    data: Dataset
    start: int
    end: int

    def known(self, as_of: int) -> Dataset:
        """What the retrainer would read at `as_of`: samples before it whose label was known by then."""
        return part(self.data, self.places(as_of), as_of)

    def coded(self, features: list[str], categories: dict[str, list[str]]) -> Floats:
        """Every row with the codes of a version."""
        return recoded(self.data, list(self.declaration.features), features, categories)

    def places(self, as_of: int) -> Ints:
        """Where the rows of `known(as_of)` are in `data`."""
        data = self.data
        return np.flatnonzero((data.times < as_of) & (data.known <= as_of))

    @property
    def panes(self) -> Ints:
        """The pane of each row, counted from `start`; negative before it."""
        return (self.data.times - self.start) // self.declaration.pane_ms

    @property
    def moments(self) -> list[int]:
        """When decisions are taken: the starts of panes from the second on."""
        return list(range(self.start + self.declaration.pane_ms, self.end, self.declaration.pane_ms))


def part(data: Dataset, places: Ints, as_of: int) -> Dataset:
    """These rows, as known at `as_of`; the values of categories stay as they are."""
    return replace(data.of(places), as_of=as_of)


def of_year(name: str, declaration: Declaration, year: Year, start: int) -> World:
    """A year with its labels; what never gets one is left out."""
    told = year.labels >= 0
    columns, values = [], dict[str, list[str]]()
    for feature, declared in declaration.features.items():
        column = year.samples.features[feature][told]
        if declared.kind == "category":
            coded, values[feature] = codes(column.tolist())
            columns.append(coded)
        else:
            columns.append(column.astype(np.float64))
    times = year.samples.times[told]
    known = times + year.delays[told]
    end = int(times[-1]) + 1
    return World(
        name,
        declaration,
        Dataset(np.column_stack(columns), year.labels[told], times, known, values, end, name),
        start,
        end,
    )


def proposed(world: World) -> World:
    """The same with what `leeway init` proposes from the first history alone for [model] and [retrain]."""
    first = world.known(world.start)
    declared = world.declaration
    alike = likeness(first.labels.astype(np.float64), first.times, declared.pane_ms)
    params = {"max_iter": 100, "min_samples_leaf": leaf(alike, len(first))}
    pace = rhythm(first.times)
    retrain = Retrain(
        payoff=PAYOFF, maximum_age=pace.maximum_age, cooldown=pace.cooldown, retry=pace.cooldown,
        recent=pace.recent, fold=pace.fold,
    )  # fmt: skip
    changed = msgspec.structs.replace(
        declared, model=msgspec.structs.replace(declared.model, params=params), retrain=retrain,
        promotion=msgspec.structs.replace(declared.promotion, doubt=DOUBT),
    )  # fmt: skip
    return replace(world, declaration=changed)
