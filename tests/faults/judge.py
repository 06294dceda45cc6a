"""The verdict on a round: what was lost, doubled, miscounted or misstored; pure, from the evidence alone."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from faults.evidence import Evidence, Pane, Place, Sample, multiple
from schemas.duration import milliseconds
from schemas.reference import Contract, places

TOLERANCE = 1e-9


class Model(Protocol):
    """A version, as it scores."""

    contract: Contract

    def predict(self, rows: NDArray[np.float64], /) -> NDArray[np.float64]: ...


@dataclass(slots=True)
class Verdict:
    """Numbers of records or state keys; all but `samples` and those of `lag` that are 0 must be 0 or empty.

    `lost`: neither predicted nor rejected, and no duplicate. `doubled`: predicted or rejected more than once, or both,
    or a duplicate that was predicted. `foreign`: of no sample. `misjudged`: rejected though right, or the other way.
    `wrong_scores`: not what the version said gives. `wrong_panes`: state keys whose counts are not those of their
    samples, cell by cell. `balance`: received less scored, rejected and duplicates. `history`: rows of PostgreSQL that
    are missing, too many or other than in the topics, by table.
    """

    samples: int
    lost: int = 0
    doubled: int = 0
    foreign: int = 0
    misjudged: int = 0
    late: int = 0
    wrong_scores: int = 0
    panes: int = 0
    wrong_panes: int = 0
    balance: int = 0
    unavailable: int = 0
    versions: set[int] = field(default_factory=set)
    history: dict[str, int] = field(default_factory=dict)
    lag: dict[str, int] = field(default_factory=dict)
    stuck: list[str] = field(default_factory=list)

    def faulty(self) -> list[str]:
        """What is not as promised."""
        names = ("lost", "doubled", "foreign", "misjudged", "late", "wrong_scores", "wrong_panes", "balance",
                 "unavailable")  # fmt: skip
        found = [f"{name}: {getattr(self, name)}" for name in names if getattr(self, name)]
        found += [f"PostgreSQL {name}: {count} rows differ" for name, count in self.history.items() if count]
        found += [f"lag of {name}: {count}" for name, count in self.lag.items() if count]
        return found + [f"stuck: {what}" for what in self.stuck]


def judge(found: Evidence, models: Mapping[int, Model], pane: str) -> Verdict:
    """Counts everything; `models` are the versions that were served, `pane` their length as declared."""
    verdict = Verdict(len(found.samples))
    again = duplicates(found.samples)
    _fates(verdict, found, again)
    _scores(verdict, found, models)
    _panes(verdict, found, models, milliseconds(pane))
    _accounts(verdict, found, len(again))
    _history(verdict, found)
    return verdict


def duplicates(samples: Mapping[Place, Sample | None]) -> set[Place]:
    """Where an id comes for the second time in its partition, or later."""
    seen: set[tuple[int, str]] = set()
    again = set()
    for place in sorted(samples):
        sample = samples[place]
        if sample is None:
            continue
        key = place[0], sample.id
        if key in seen:
            again.add(place)
        seen.add(key)
    return again


def _fates(verdict: Verdict, found: Evidence, again: set[Place]) -> None:
    predicted = [one.source for one in found.predictions]
    fates = set(predicted) | set(found.rejected)
    verdict.lost = len(found.samples.keys() - fates - again)
    verdict.doubled = multiple(predicted) + multiple(found.rejected) + len(set(predicted) & set(found.rejected))
    verdict.doubled += len(again & fates)
    verdict.foreign = len(fates - found.samples.keys())
    verdict.misjudged = sum(found.samples.get(place) is not None for place in set(found.rejected))
    verdict.misjudged += sum(found.samples.get(place) is None for place in set(predicted))
    verdict.late = len(found.late)


def _scores(verdict: Verdict, found: Evidence, models: Mapping[int, Model]) -> None:
    verdict.versions = {one.version for one in found.predictions}
    for version in verdict.versions:
        mine = [(one, found.samples.get(one.source)) for one in found.predictions if one.version == version]
        rows = [(one.score, sample) for one, sample in mine if sample is not None]
        names = models[version].contract.features
        expected = models[version].predict(np.array([[sample.features[n] for n in names] for _, sample in rows]))
        given = np.array([score for score, _ in rows])
        verdict.wrong_scores += int((np.abs(expected - given) > TOLERANCE).sum())
        verdict.wrong_scores += sum(
            sample is not None and (one.id, one.ts) != (sample.id, sample.ts) for one, sample in mine
        )


def _panes(verdict: Verdict, found: Evidence, models: Mapping[int, Model], pane: int) -> None:
    members: dict[Pane, list[list[float]]] = {}
    for one in found.predictions:
        sample = found.samples.get(one.source)
        if sample is not None:
            names = models[one.version].contract.features
            key = one.source[0], one.version, one.ts // pane * pane
            members.setdefault(key, []).append([*(sample.features[name] for name in names), one.score])
    verdict.panes = len(members)
    verdict.wrong_panes = len(found.panes.keys() ^ members.keys())
    for key in found.panes.keys() & members.keys():
        expected = _cells(models[key[1]].contract, np.array(members[key]))
        verdict.wrong_panes += not np.array_equal(expected, found.panes[key])


def _cells(contract: Contract, rows: NDArray[np.float64]) -> NDArray[np.int64]:
    """Counts per cell of each column in turn, the last one what is missing."""
    columns: list[Any] = [
        np.bincount(places(np.array(cells.cuts), rows[:, column]), minlength=cells.size)
        for column, cells in enumerate(contract.reference)
    ]
    return np.concatenate(columns)


def _accounts(verdict: Verdict, found: Evidence, again: int) -> None:
    rows = list(found.positions.values())
    total: Counter[str] = Counter()
    for row in rows:
        for name in ("received", "scored", "rejected", "duplicates", "unavailable"):
            total[name] += getattr(row, name)
    verdict.unavailable = total["unavailable"]
    counted = (total["received"], total["scored"], total["rejected"], total["duplicates"])
    true = (len(found.samples), len(found.predictions), len(found.rejected), again)
    verdict.balance = sum(abs(a - b) for a, b in zip(counted, true, strict=True))


def _history(verdict: Verdict, found: Evidence) -> None:
    written = Counter((*one.source, one.version, one.score) for one in found.predictions)
    stored = Counter(found.stored)
    verdict.history["predictions"] = (written - stored).total() + (stored - written).total()
    for name, count in found.written.items():
        verdict.history[name] = abs(count - found.rows[name])
