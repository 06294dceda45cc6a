"""frame -> predictions, rejected, late, counts: the whole work on records of one partition, without any I/O."""

import math
from dataclasses import dataclass, field, replace
from itertools import compress, repeat
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.frame import Frame
from schemas.messages import ModelRef, Prediction, encode
from schemas.position import Position
from schemas.reasons import Reason
from schemas.reference import Contract
from schemas.sketch import Sketch
from streams.decode import Aside, Batch, Decoder
from streams.encode import Encoder, Inputs
from streams.recent import RecentIds
from streams.summarize import Counter
from streams.watermark import advance, standing

EVEN = 0.5
"""A score from here on is class 1."""
MAX_AHEAD = 86_400_000
"""Milliseconds: an event time more than a day after its record's Kafka timestamp is not believed."""


class Model(Protocol):
    """What scores: a loaded version."""

    ref: ModelRef
    contract: Contract

    def predict(self, x: NDArray[np.float64], /) -> NDArray[np.float64]:
        """float64 (n, features) -> float64 (n,)."""
        ...


class Scorer:
    """One loaded version, with its encoder and its counter compiled."""

    def __init__(self, declaration: Declaration, model: Model) -> None:
        self.model, self.version = model, model.ref.version
        self.encode = Encoder(declaration, model.contract)
        self.counter = Counter(declaration, model.contract)

    def score(self, batch: Batch) -> tuple[Inputs, NDArray[np.float64]]:
        """The inputs, and the score of each sample: float64 (n,)."""
        inputs = self.encode(batch)
        return inputs, self.model.predict(inputs.for_model())


@dataclass(frozen=True, slots=True)
class Serving:
    """What is served now: the champion, and the versions that score beside it."""

    champion: Scorer
    shadows: tuple[Scorer, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """What one frame gives: (key, value, event time) of predictions, and the places of what was put aside.

    `panes` are those that it was counted in.
    """

    predictions: list[tuple[bytes, bytes, int]] = field(default_factory=list)
    rejected: list[Aside] = field(default_factory=list)
    late: list[Aside] = field(default_factory=list)
    panes: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Partition:
    """The state of one partition: a function of the records below `position.next` alone.

    `panes` holds the open panes: (version, start of the pane in epoch ms) -> sketch.
    """

    number: int
    position: Position
    recent: RecentIds
    panes: dict[tuple[int, int], Sketch] = field(default_factory=dict)


class Stage:
    """Applies frames to partitions; holds only what the declaration says."""

    def __init__(self, declaration: Declaration) -> None:
        self.decode = Decoder(declaration)
        self.pane = declaration.pane_ms
        self.lateness = milliseconds(declaration.stream.lateness)
        self.max_jump = milliseconds(declaration.stream.max_jump)

    def apply(self, state: Partition, frame: Frame, serving: Serving) -> Output:
        """Takes the records of `frame` from `state.position.next` on; earlier ones were taken before.

        The caller has seen to it that `frame.prev` is not beyond `next`.
        """
        position = state.position
        skip = int(np.searchsorted(np.asarray(frame.offsets), position.next - frame.first))
        if skip == len(frame.offsets):
            return Output()
        offsets = [frame.first + offset for offset in frame.offsets[skip:]]
        stamps = frame.times[skip:]
        batch = self._believable(self.decode(state.number, offsets, stamps, frame.values[skip:]), stamps)
        batch = self._first_time(state, batch)
        output = self._score(state, batch, offsets, serving)
        position.received += len(offsets)
        position.empty += frame.end - position.next - len(offsets)
        position.rejected += len(batch.aside)
        position.next = frame.end
        rejected = sorted(batch.aside, key=lambda aside: aside.index)
        return replace(output, rejected=_moved(rejected, skip), late=_moved(output.late, skip))

    def _believable(self, batch: Batch, stamps: list[int]) -> Batch:
        """Without event times before 1970, or a day and more after the record itself."""
        stamped = np.asarray(stamps, np.int64)[batch.index]
        wrong = (batch.times < 0) | ((stamped >= 0) & (batch.times > stamped + MAX_AHEAD))
        for row in np.flatnonzero(wrong).tolist():
            detail = (
                f"event time {batch.times[row]} ms is before 1970 or a day after the record's own, {stamped[row]} ms"
            )
            batch.aside.append(Aside(int(batch.index[row]), Reason.BAD_TIMESTAMP, detail))
        return batch.take(~wrong)

    def _first_time(self, state: Partition, batch: Batch) -> Batch:
        """Without the samples whose id was seen before."""
        if all(batch.own_id):
            new = state.recent.add_all(batch.ids)
        else:
            fresh = iter(state.recent.add_all(list(compress(batch.ids, batch.own_id))))
            new = [not own or next(fresh) for own in batch.own_id]
        state.position.ids = state.recent.total
        state.position.duplicates += len(new) - sum(new)
        return batch.take(np.array(new, bool))

    def _score(self, state: Partition, batch: Batch, offsets: list[int], serving: Serving) -> Output:
        if not len(batch):
            return Output()
        inputs, scores = serving.champion.score(batch)
        finite = np.isfinite(scores)
        if not finite.all():
            batch, inputs, scores = (
                _unscored(batch, finite),
                Inputs(inputs.x[finite], inputs.categories),
                scores[finite],
            )
        position = state.position
        times = advance(standing(position), batch.times, lateness=self.lateness, pane=self.pane, max_jump=self.max_jump)
        counted = ~(times.late | times.ahead)
        panes = self._count(state, serving.champion, inputs, scores, batch.times, counted)
        position.largest, position.leaping = times.watermark.largest, times.watermark.leaping
        position.scored += len(batch)
        position.late += int(times.late.sum())
        position.ahead += int(times.ahead.sum())
        shadows = [(str(s.version), self._beside(s, serving.champion, batch, scores)) for s in serving.shadows]
        late = [
            Aside(
                int(batch.index[row]),
                Reason.LATE if times.late[row] else Reason.AHEAD,
                f"event time {batch.times[row]}",
            )
            for row in np.flatnonzero(~counted).tolist()
        ]
        predictions = _predictions(batch, offsets, state.number, serving.champion.version, scores, shadows)
        return Output(predictions, [], late, panes)

    def _beside(
        self, shadow: Scorer, champion: Scorer, batch: Batch, scores: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        return scores if shadow.version == champion.version else shadow.score(batch)[1]

    def _count(
        self,
        state: Partition,
        scorer: Scorer,
        inputs: Inputs,
        scores: NDArray[np.float64],
        times: NDArray[np.int64],
        counted: NDArray[np.bool_],
    ) -> list[tuple[int, int]]:
        """The panes that the samples were counted in."""
        panes = times // self.pane * self.pane
        keys = [(scorer.version, pane) for pane in np.unique(panes[counted]).tolist()]
        for key in keys:
            rows = counted & (panes == key[1])
            if key not in state.panes:
                state.panes[key] = scorer.counter.empty()
            scorer.counter.count(Inputs(inputs.x[rows], inputs.categories), scores[rows], state.panes[key])
        return keys


def _moved(asides: list[Aside], skip: int) -> list[Aside]:
    """Their places in the whole frame, of which so many records were skipped."""
    return [Aside(aside.index + skip, aside.reason, aside.detail) for aside in asides]


def _unscored(batch: Batch, finite: NDArray[np.bool_]) -> Batch:
    """Without the samples that the model gives no number for: inputs may be finite, and their sum not."""
    detail = "the model's score is not a finite number"
    batch.aside.extend(Aside(int(place), Reason.NOT_FINITE, detail) for place in batch.index[~finite])
    return batch.take(finite)


def _predictions(
    batch: Batch,
    offsets: list[int],
    partition: int,
    version: int,
    scores: NDArray[np.float64],
    shadows: list[tuple[str, NDArray[np.float64]]],
) -> list[tuple[bytes, bytes, int]]:
    """Key, value and event time of each; by `map`: a loop over samples costs as much again."""
    times = batch.times.tolist()
    rows = map(
        Prediction,
        batch.ids,
        times,
        scores.tolist(),
        (scores >= EVEN).astype(np.int64).tolist(),
        repeat(version),
        _by_version(shadows, len(batch)),
        [(partition, offsets[index]) for index in batch.index.tolist()],
        batch.raw,
    )
    return list(zip(map(str.encode, batch.ids), map(encode, rows), times, strict=True))


def _by_version(shadows: list[tuple[str, NDArray[np.float64]]], samples: int) -> list[dict[str, float]]:
    """The shadows' scores of each sample; one that is no number is left out."""
    if not shadows:
        return [{}] * samples  # one dict for all: they are only read
    if not all(np.isfinite(scores).all() for _, scores in shadows):
        columns = [[(name, score) for score in scores.tolist()] for name, scores in shadows]
        return [{name: score for name, score in row if math.isfinite(score)} for row in zip(*columns, strict=True)]
    if len(shadows) == 1:  # the usual case, at a fifth of the general one's time
        [(name, scores)] = shadows
        return [{name: score} for score in scores.tolist()]
    names = [name for name, _ in shadows]
    rows = zip(*(scores.tolist() for _, scores in shadows), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]
