"""What is known of one sample; times are epoch milliseconds."""

from msgspec import Struct


class Record(Struct, frozen=True, kw_only=True):
    """As it was received. `value` and `key` are as Python writes bytes; None where it is `gone` by retention."""

    topic: str
    partition: int
    offset: int
    time: int | None = None
    key: str | None = None
    size: int | None = None
    value: str | None = None
    gone: bool = False


class Scored(Struct, frozen=True, kw_only=True):
    """A prediction, with the place of its sample and the features as they were received."""

    partition: int
    offset: int
    ts: int
    version: int
    score: float
    label: int
    shadow: dict[str, float]
    features: str


class Labelled(Struct, frozen=True, kw_only=True):
    """A label, known since `ts`."""

    partition: int
    offset: int
    ts: int
    label: int


class Aside(Struct, frozen=True, kw_only=True):
    """A record that was rejected, or that came too late for its window: `table` says which."""

    table: str
    topic: str
    partition: int
    offset: int
    reason: str
    detail: str
    at: int | None


class Pane(Struct, frozen=True, kw_only=True):
    """The pane that holds it, and how the version did there; qualities are None without labels."""

    start: int
    end: int
    predictions: int
    labelled: int
    log_loss: float | None
    accuracy: float | None


class Window(Struct, frozen=True, kw_only=True):
    """A window that holds it, with the features that drifted in it, the largest effect first."""

    panes: int
    end: int
    columns: int
    drifted: list[str]
    effect: float


class Incident(Struct, frozen=True, kw_only=True):
    """An event of drift: of an incident that was open when its pane ended, or that a window of it opened."""

    incident: str
    subject: str
    kind: str
    event_time: int
    sentence: str


class Reign(Struct, frozen=True, kw_only=True):
    """How the version came to serve; `at` is wall-clock time."""

    version: int
    at: int
    replaced: int | None
    retrain: str
    cause: str | None
    proof: str | None


class Trace(Struct, frozen=True, kw_only=True):
    """Everything; `looked` says where was looked, and what was (not) there."""

    id: str
    stream: str
    records: list[Record]
    predictions: list[Scored]
    labels: list[Labelled]
    aside: list[Aside]
    pane: Pane | None
    windows: list[Window]
    incidents: list[Incident]
    reign: Reign | None
    looked: list[str]

    @property
    def known(self) -> bool:
        """Whether anything has this id."""
        return bool(self.predictions or self.labels or self.aside or self.records)
