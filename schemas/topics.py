"""The one table of topics: name, partitions, clean-up and retention; provisioning creates them from here."""

from dataclasses import dataclass, field
from typing import Literal

from schemas.declaration import Declaration

Count = Literal["source"] | int
LARGE = 8_388_608
"""Bytes: the largest record, as compressed, that `samples` and `labels` take."""


@dataclass(frozen=True, slots=True)
class Topic:
    """One row of the table; `partitions` is a number, or "source" for as many as `samples` has."""

    name: str
    partitions: Count
    key: str
    value: str
    config: dict[str, str] = field(default_factory=dict)
    keeps_all: bool = True


_COMPACT = {"cleanup.policy": "compact"}
_LARGE = {"max.message.bytes": str(LARGE)}
_LARGER = {"max.message.bytes": str(2 * LARGE)}  # what goes on from there has a reason, or a frame, around it
_ANY_TIME = {"message.timestamp.after.max.ms": str(2**63 - 1)}  # event times may be later than the broker's clock
_HOURS_6 = {"retention.ms": "21600000", "retention.bytes": "2000000000"}
_HOUR = {"segment.ms": "3600000", "segment.bytes": "134217728"}
_QUICK = {"segment.bytes": "16777216", "delete.retention.ms": "3600000"}
"""A scorer reads its state when it starts, the part not compacted included; only closed segments are compacted."""
_HISTORY = {"cleanup.policy": "compact,delete", "retention.ms": "-1", "retention.bytes": "1000000000"}
"""Each pane is a new key, so compaction alone would keep all of them for ever: docs/decisions/0009."""

TABLE: tuple[Topic, ...] = (
    Topic("samples", "source", "sample id (may be null)", "sample", _LARGE),
    Topic(
        "frames", "source", "-", "consecutive records of one partition of samples", _LARGER | _HOURS_6 | _HOUR, False
    ),
    Topic("labels", "source", "sample id", "label", _LARGE),
    Topic("predictions", "source", "sample id", "score, class, version, shadow scores, source", _LARGER | _ANY_TIME),
    Topic("rejected", "source", "as received", "the bytes as received; reason and source in the headers", _LARGER),
    Topic("late", "source", "as received", "the bytes as received; reason and source in the headers", _LARGER),
    Topic(
        "state", "source", "kind of row", "position and open panes of one partition", _LARGE | _COMPACT | _QUICK, False
    ),
    Topic(
        "sketches",
        1,
        "version, pane, partition",
        "counts of one pane of one partition",
        _LARGE | _QUICK | _HISTORY,
        False,
    ),
    Topic("drift", 1, "version, window, feature", "one test of one window", _ANY_TIME),
    Topic("drift-events", 1, "model", "a verdict that changed", _ANY_TIME),
    Topic("budget", 1, "version", "false alarms: allowed, and measured on the reference itself", _ANY_TIME),
    Topic("performance", 1, "role, version, pane", "quality on labelled samples", _COMPACT, False),
    Topic("outcomes", 1, "version, pane", "how a pane turned out, once its labels were due"),
    Topic("decisions", 1, "model", "one step of a retrain"),
    Topic("requests", 1, "model", "what a person asks of the retrainer"),
    Topic("models", 1, "model", "champion, shadows and previous versions", _COMPACT, False),
    Topic("served", 1, "model, worker, partition", "which version a worker serves from which offset on"),
)


class Topics:
    """The full names of a stream's topics: `Topics("flights").samples == "flights.samples"`."""

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self.samples = f"{stream}.samples"
        self.frames = f"{stream}.frames"
        self.labels = f"{stream}.labels"
        self.predictions = f"{stream}.predictions"
        self.rejected = f"{stream}.rejected"
        self.late = f"{stream}.late"
        self.state = f"{stream}.state"
        self.sketches = f"{stream}.sketches"
        self.drift = f"{stream}.drift"
        self.drift_events = f"{stream}.drift-events"
        self.budget = f"{stream}.budget"
        self.performance = f"{stream}.performance"
        self.outcomes = f"{stream}.outcomes"
        self.decisions = f"{stream}.decisions"
        self.requests = f"{stream}.requests"
        self.models = f"{stream}.models"
        self.served = f"{stream}.served"


def specification(topic: Topic, declaration: Declaration) -> tuple[str, int, dict[str, str]]:
    """Full name, number of partitions and Kafka configuration of a topic of this stream.

    Record times are event times, which may lie years back, so what is kept is bounded by bytes, never by age.
    """
    partitions = declaration.stream.partitions if topic.partitions == "source" else topic.partitions
    keep = {"retention.ms": "-1", "retention.bytes": str(declaration.stream.retention_bytes)} if topic.keeps_all else {}
    return f"{declaration.name}.{topic.name}", partitions, keep | topic.config
