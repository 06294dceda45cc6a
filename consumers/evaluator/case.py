"""All that is known of one id: its scored samples and its labels, and which label counts for which sample."""

from typing import Annotated

from msgspec import Meta, Struct

from consumers.evaluator.quality import Quality

Score = Annotated[float, Meta(ge=0, le=1)]


class Prediction(Struct, frozen=True, gc=False):
    """What is needed of a message of `predictions`; the features are skipped without being decoded."""

    id: str
    ts: int
    version: int
    score: Score
    shadow: dict[int, Score]


class Original(Struct, frozen=True, gc=False):
    """A label's record as received, kept until a sample is found for it."""

    partition: int
    offset: int
    key: bytes | None
    value: bytes | None


class Scored(Struct, gc=False):
    """One scored sample: the champion's score and then each shadow's, and the sums that each counts in.

    `since` is the event time from which its age is counted: `ts`, unless it is dated ahead of its partition.
    `told` is the label that counts among those that came in time for the pane's outcome.
    """

    id: str
    ts: int
    since: int
    scores: tuple[float, ...]
    qualities: tuple[Quality, ...]
    told: "Known | None" = None

    def count(self, label: "Known", sign: int) -> None:
        """Adds this sample with that label to its sums (`sign` 1), or takes it back (-1)."""
        for score, quality in zip(self.scores, self.qualities, strict=True):
            quality.count(score, label.label, label.ts - self.ts, sign)


class Known(Struct, gc=False):
    """One label; `since` as for a sample, `original` only until a sample is found for it.

    `seen` is the event time that its partition had reached with it.
    """

    ts: int
    offset: int
    partition: int
    label: int
    since: int
    original: Original | None
    seen: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Of labels for one sample the one of highest rank counts: the latest, by its time, then by its place."""
        return self.ts, self.offset, self.partition


class Case(Struct, gc=False):
    """One id. Nearly always one sample and one label, in either order."""

    samples: tuple[Scored, ...] = ()
    labels: tuple[Known, ...] = ()


def fits(sample: Scored, label: Known, max_delay_ms: int) -> bool:
    """Whether the label came within the delay of the sample; it depends on nothing but the two."""
    return abs(label.ts - sample.ts) <= max_delay_ms


def winner(sample: Scored, labels: tuple[Known, ...], max_delay_ms: int) -> Known | None:
    """The label that counts: the latest that fits, by its time and then by its place in the topic."""
    fitting = [label for label in labels if fits(sample, label, max_delay_ms)]
    if len(fitting) > 1:
        return max(fitting, key=lambda label: label.rank)
    return fitting[0] if fitting else None
