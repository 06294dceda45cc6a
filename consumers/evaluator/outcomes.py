"""Labelled samples of the champion -> one final row a pane, once its labels are due; pure."""

import structlog

from consumers.evaluator.case import Known, Scored
from consumers.evaluator.change import Change
from consumers.evaluator.quality import log_loss
from schemas.messages import LOSS_SCALE, SQUARE_SCALE, Outcome

_log = structlog.get_logger()


class Pane:
    """Samples of one version in one pane, and the sums of those that were added up and dropped."""

    __slots__ = ("crowded", "labelled", "loss", "positives", "predictions", "samples", "squares")

    def __init__(self) -> None:
        self.samples: list[Scored] = []
        self.predictions = self.labelled = self.positives = self.loss = self.squares = 0
        self.crowded = False

    def settle(self) -> list[float]:
        """Adds the samples up and drops them; the losses of labelled ones by event time, in nats."""
        samples, self.samples = sorted(self.samples, key=lambda one: (one.ts, one.id, one.scores)), []
        told = [(one.scores[0], one.told.label) for one in samples if one.told is not None]
        losses = [log_loss(score, label) for score, label in told]
        self.predictions += len(samples)
        self.labelled += len(told)
        self.positives += sum(label for _, label in told)
        self.loss += sum(round(loss * LOSS_SCALE) for loss in losses)
        self.squares += sum(round(loss * loss * SQUARE_SCALE) for loss in losses)
        return losses


class Outcomes:
    """The row of a pane is a function of the two logs, however they interleave, and however late it is made.

    It counts labels that were known until `wait_ms` after the end of the pane. It is made when every partition has come
    `lateness_ms` further than that; what a partition held only behind that point is not in it, whoever was slower.

    Args:
        pane_ms: length of a pane.
        wait_ms: how long after its end the labels of a pane count.
        lateness_ms: how much out of order records may be, and still count.
        delta: of ADWIN.
        limit: samples held at most; beyond it those of the oldest pane are added up with the labels that they have,
            and ADWIN is not told of them, which is counted and logged.
    """

    def __init__(self, pane_ms: int, wait_ms: int, lateness_ms: int, *, delta: float, limit: int) -> None:
        self._pane_ms, self._wait_ms, self._lateness_ms = pane_ms, wait_ms, lateness_ms
        self._delta, self._limit = delta, limit
        self._panes: dict[tuple[int, int], Pane] = {}
        self._closed: set[tuple[int, int]] = set()
        self._changes: dict[int, Change] = {}
        self._held = 0
        self._rows: list[Outcome] = []
        self.counts = {"after_outcome": 0, "crowded": 0}

    def add(self, sample: Scored, seen: int) -> None:
        """Takes a sample in; `seen` is the event time that its partition has reached with it."""
        champion = sample.qualities[0]
        key = champion.pane_start, champion.version
        if seen >= self._due(champion.pane_start) or key in self._closed:
            self.counts["after_outcome"] += 1
            return
        pane = self._panes.get(key)
        if pane is None:
            pane = self._panes[key] = Pane()
        pane.samples.append(sample)
        self._held += 1
        if self._held > self._limit:
            self._crowd()

    def told(self, sample: Scored, label: Known) -> None:
        """A label that fits the sample; of those that came in time the latest counts."""
        due = self._due(sample.qualities[0].pane_start)
        timely = label.ts <= due - self._lateness_ms and label.seen < due
        if timely and (sample.told is None or label.rank > sample.told.rank):
            sample.told = label

    def settle(self, now: int) -> None:
        """Makes the rows that are due, in order; `now` is the event time that every partition has reached."""
        for key in sorted(key for key in self._panes if self._due(key[0]) <= now):
            self._rows.append(self._close(*key))

    def drain(self) -> list[Outcome]:
        """The rows made since the last call."""
        found, self._rows = self._rows, []
        return found

    def _due(self, pane_start: int) -> int:
        """The event time from which on the row of a pane can be made."""
        return pane_start + self._pane_ms + self._wait_ms + self._lateness_ms

    def _close(self, pane_start: int, version: int) -> Outcome:
        pane = self._panes.pop((pane_start, version))
        self._closed.add((pane_start, version))
        self._held -= len(pane.samples)
        losses = pane.settle()
        change = self._changes.setdefault(version, Change(self._delta))
        changed = not pane.crowded and change.feed(losses)
        return Outcome(
            version=version,
            pane_start=pane_start,
            pane_end=pane_start + self._pane_ms,
            predictions=pane.predictions,
            labelled=pane.labelled,
            positives=pane.positives,
            loss=pane.loss,
            squares=pane.squares,
            adwin_width=None if pane.crowded else change.width,
            adwin_mean=None if pane.crowded else change.mean,
            adwin_delta=self._delta,
            changed=changed,
        )

    def _crowd(self) -> None:
        """Keeps within the limit."""
        key = min(key for key, pane in self._panes.items() if pane.samples)
        pane = self._panes[key]
        if not pane.crowded:
            _log.warning(
                "outcome_crowded", pane_start=key[0], version=key[1], limit=self._limit,
                done="added up with the labels known by now, and kept from ADWIN; shorten label.wait or the pane",
            )  # fmt: skip
        pane.crowded = True
        self.counts["crowded"] += len(pane.samples)
        self._held -= len(pane.samples)
        pane.settle()
