"""predictions + labels -> quality and outcomes by pane and version; pure, and the same however the two interleave."""

from collections.abc import Iterable

import structlog

from consumers.evaluator.calendar import Calendar
from consumers.evaluator.case import Case, Known, Original, Prediction, Scored, fits, winner
from consumers.evaluator.outcomes import Outcomes
from consumers.evaluator.progress import Side
from consumers.evaluator.quality import Quality, Role
from schemas.messages import Label, Performance

LIMIT = 5_000_000
"""Ids held at once; about 0.5 kB each."""
_log = structlog.get_logger()


class LabelJoin:
    """Joins by id whatever comes late, early, twice or never.

    A label counts for the samples of its id that lie within `max_delay_ms` of event time; of several the latest does.
    A sample is forgotten when the labels, and a label when the predictions, have come that far past it in every
    partition: what could still meet it would be out of order by more than the delay. A record that was taken in
    before is passed over by its offset, so applying a log twice changes nothing.

    Args:
        pane_ms: length of a pane.
        max_delay_ms: how far a label may lie from its sample.
        max_jump_ms: a record dated further off than this from its partition does not move time at once.
        outcomes: takes what is known of the champion's samples in time.
        predictions: partitions of `predictions` known to hold records.
        labels: partitions of `labels` known to hold records.
        limit: ids held at most; beyond it the oldest are forgotten, which is counted and logged.
    """

    def __init__(
        self,
        pane_ms: int,
        max_delay_ms: int,
        max_jump_ms: int,
        outcomes: Outcomes,
        *,
        predictions: Iterable[int] = (),
        labels: Iterable[int] = (),
        limit: int = LIMIT,
    ) -> None:
        self._pane_ms = pane_ms
        self._max_delay_ms = max_delay_ms
        self._limit = limit
        self._outcomes = outcomes
        self._predictions = Side(max_jump_ms, predictions)
        self._labels = Side(max_jump_ms, labels)
        self._samples_due = Calendar(max_delay_ms)
        self._labels_due = Calendar(max_delay_ms)
        self._cases: dict[str, Case] = {}
        self._qualities: dict[tuple[Role, int, int], Quality] = {}
        self._scorers: dict[tuple[int, ...], tuple[Quality, ...]] = {}
        self._changed: dict[Quality, None] = {}
        self._orphans: list[Original] = []
        self.counts = {"predictions": 0, "labels": 0, "repeated": 0, "corrected": 0, "orphans": 0, "forgotten": 0}

    def predicted(self, partition: int, offset: int, given: Prediction) -> None:
        """Takes a prediction in; `partition` and `offset` are its place in `predictions`."""
        if not self._predictions.is_new(partition, offset):
            return
        self.counts["predictions"] += 1
        since, seen = self._predictions.see(partition, given.ts)
        sample = Scored(given.id, given.ts, since, (given.score, *given.shadow.values()), self._scored_by(given))
        case = self._case(given.id)
        case.samples += (sample,)
        self._samples_due.add(since, given.id)
        for quality in sample.qualities:
            quality.predictions += 1
            self._changed[quality] = None
        self._outcomes.add(sample, seen)
        for label in case.labels:
            if fits(sample, label, self._max_delay_ms):
                label.original = None
                self._outcomes.told(sample, label)
        self._recount(sample, None, winner(sample, case.labels, self._max_delay_ms))

    def labelled(self, label: Label, original: Original) -> None:
        """Takes a label in; `original` is its record."""
        if not self._labels.is_new(original.partition, original.offset):
            return
        self.counts["labels"] += 1
        since, seen = self._labels.see(original.partition, label.ts)
        known = Known(label.ts, original.offset, original.partition, label.label, since, original, seen)
        case = self._case(label.id)
        before, case.labels = case.labels, (*case.labels, known)
        self._labels_due.add(since, label.id)
        for sample in case.samples:
            if fits(sample, known, self._max_delay_ms):
                known.original = None
                self._outcomes.told(sample, known)
                self._relabel(sample, before, case.labels)

    def settle(self) -> None:
        """Forgets what nothing can meet any more; labels that met nothing become orphans. Call it after each batch."""
        if (now := self._labels.slowest) is not None:
            for name in self._samples_due.advance(now):
                self._sweep(name)
        if (now := self._predictions.slowest) is not None:
            for name in self._labels_due.advance(now):
                self._sweep(name)
        self._settle_outcomes()
        if len(self._cases) > self._limit:
            self._forget()

    def _settle_outcomes(self) -> None:
        slowest = self._predictions.slowest, self._labels.slowest
        if slowest[0] is not None and slowest[1] is not None:
            self._outcomes.settle(min(slowest[0], slowest[1]))

    def drain(self) -> list[Original]:
        """The labels without a sample since the last call."""
        found, self._orphans = self._orphans, []
        return found

    def changed(self) -> list[Performance]:
        """The rows that changed since the last call."""
        found, self._changed = self._changed, {}
        return [quality.row(self._pane_ms, self.watermark) for quality in found]

    def rows(self) -> list[Performance]:
        """All rows, in the order of role, version and pane."""
        return [self._qualities[key].row(self._pane_ms, self.watermark) for key in sorted(self._qualities)]

    @property
    def watermark(self) -> int:
        """The largest event time reached in any partition, in epoch ms; 0 before the first record."""
        return max(
            (time for time in (self._predictions.furthest, self._labels.furthest) if time is not None), default=0
        )

    def __len__(self) -> int:
        return len(self._cases)

    def _case(self, name: str) -> Case:
        case = self._cases.get(name)
        if case is None:
            case = self._cases[name] = Case()
        return case

    def _scored_by(self, given: Prediction) -> tuple[Quality, ...]:
        """The sums of the pane for the champion and each shadow; one tuple shared by all samples alike."""
        pane_start = given.ts // self._pane_ms * self._pane_ms
        key = (pane_start, given.version, *given.shadow)
        found = self._scorers.get(key)
        if found is None:
            shadows = (self._quality("shadow", version, pane_start) for version in given.shadow)
            found = self._scorers[key] = (self._quality("champion", given.version, pane_start), *shadows)
        return found

    def _quality(self, role: Role, version: int, pane_start: int) -> Quality:
        key = (role, version, pane_start)
        return self._qualities.setdefault(key, Quality(role, version, pane_start))

    def _relabel(self, sample: Scored, before: tuple[Known, ...], after: tuple[Known, ...]) -> None:
        old, new = winner(sample, before, self._max_delay_ms), winner(sample, after, self._max_delay_ms)
        if old is not None:
            same = after[-1].label == old.label
            self.counts["repeated" if same else "corrected"] += 1
        if old is not new:
            self._recount(sample, old, new)

    def _recount(self, sample: Scored, old: Known | None, new: Known | None) -> None:
        if old is not None:
            sample.count(old, -1)
        if new is not None:
            sample.count(new, 1)
            self._changed.update(dict.fromkeys(sample.qualities))

    def _sweep(self, name: str) -> None:
        """Forgets of one id what is past its time; a label stays as long as a sample that it counts for."""
        case = self._cases.get(name)
        if case is None:
            return
        case.samples = tuple(sample for sample in case.samples if not self._samples_due.over(sample.since))
        stays: list[Known] = []
        goes: list[Known] = []
        for label in case.labels:
            needed = any(fits(sample, label, self._max_delay_ms) for sample in case.samples)
            (stays if needed or not self._labels_due.over(label.since) else goes).append(label)
        case.labels = tuple(stays)
        self._orphan(goes)
        if not case.samples and not case.labels:
            del self._cases[name]

    def _orphan(self, labels: Iterable[Known]) -> None:
        lost = [label.original for label in labels if label.original is not None]
        self._orphans += lost
        self.counts["orphans"] += len(lost)

    def _forget(self) -> None:
        """Keeps within the limit by forgetting the oldest."""
        before = len(self._cases)
        while len(self._cases) > self._limit:
            oldest = min((one for one in (self._samples_due, self._labels_due) if one.oldest is not None), key=_age)
            for name in oldest.pop_oldest():
                if (case := self._cases.pop(name, None)) is not None:
                    self._orphan(case.labels)
        self.counts["forgotten"] += before - len(self._cases)
        _log.warning(
            "oldest_forgotten", limit=self._limit, forgotten=before - len(self._cases), watermark=self.watermark
        )


def _age(calendar: Calendar) -> int:
    return calendar.oldest or 0
