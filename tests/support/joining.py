"""Logs of predictions and labels, and the join that reads them."""

from collections.abc import Sequence
from itertools import groupby

from hypothesis import strategies as st

from consumers.evaluator.case import Original, Prediction
from consumers.evaluator.join import LabelJoin
from consumers.evaluator.outcomes import Outcomes
from schemas.messages import Label

PANE, DELAY, JUMP = 1_000, 5_000, 1_000_000
WAIT, LATENESS, DELTA = 2_000, 500, 0.002
Event = tuple[str, int, int, Prediction | Label]
"""Topic, partition, offset, message."""


def join(
    events: Sequence[Event], *, limit: int = 1_000_000, settle_each: int = 1, outcomes: Outcomes | None = None
) -> LabelJoin:
    """The join after these events, settled after each `settle_each` of them and at the end."""
    partitions = {topic: {event[1] for event in events if event[0] == topic} for topic in ("predictions", "labels")}
    found = LabelJoin(
        PANE,
        DELAY,
        JUMP,
        outcomes or Outcomes(PANE, WAIT, LATENESS, delta=DELTA, limit=limit),
        predictions=partitions["predictions"],
        labels=partitions["labels"],
        limit=limit,
    )
    apply(found, events, settle_each)
    return found


def apply(found: LabelJoin, events: Sequence[Event], settle_each: int = 1) -> None:
    """Gives the join these events."""
    for number, (_, partition, offset, message) in enumerate(events):
        if isinstance(message, Prediction):
            found.predicted(partition, offset, message)
        else:
            found.labelled(message, Original(partition, offset, None, b""))
        if number % settle_each == 0:
            found.settle()
    found.settle()


def scored(
    name: str, ts: int, score: float = 0.5, shadow: dict[int, float] | None = None, version: int = 1
) -> Prediction:
    """A prediction."""
    return Prediction(id=name, ts=ts, version=version, score=score, shadow=shadow or {})


def true(name: str, ts: int, label: int = 1) -> Label:
    """A label."""
    return Label(id=name, ts=ts, label=label)


def events(*messages: Prediction | Label) -> list[Event]:
    """The messages in one partition of each topic, in this order."""
    topics = ["predictions" if isinstance(message, Prediction) else "labels" for message in messages]
    return [(topic, 0, number, message) for number, (topic, message) in enumerate(zip(topics, messages, strict=True))]


@st.composite
def logs(draw: st.DrawFn, disorder: int = 0) -> list[Event]:
    """Both topics over two partitions each: every partition in order of time, with repeats, corrections and strays.

    With `disorder` records come up to so many ms after later ones.
    """
    names = st.integers(0, 30).map(str)
    scores, late = st.floats(0, 1), st.integers(0, disorder)
    samples = draw(st.lists(st.tuples(names, st.integers(0, 40_000), scores, scores, late), max_size=40))
    labels = draw(st.lists(st.tuples(names, st.integers(0, 40_000), st.integers(0, 1), late), max_size=60))
    found: list[Event] = []
    for partition in (0, 1):
        mine = sorted((item for item in samples if hash_of(item[0]) == partition), key=lambda item: item[1] + item[-1])
        found += [
            ("predictions", partition, offset, scored(name, ts, score, {1: other}, version=2 + ts // 20_000))
            for offset, (name, ts, score, other, _) in enumerate(mine)
        ]
        ours = sorted(
            (item for item in labels if hash_of(item[0] + "x") == partition), key=lambda item: item[1] + item[-1]
        )
        found += [("labels", partition, offset, true(*item[:3])) for offset, item in enumerate(ours)]
    return found


def hash_of(name: str) -> int:
    """The partition of an id."""
    return sum(name.encode()) % 2


def interleaved(log: Sequence[Event], random: object) -> list[Event]:
    """The same partitions, each in its own order, mixed in another way."""
    lanes = [list(lane) for _, lane in groupby(log, key=lambda event: event[:2])]
    found = []
    while lanes:
        lane = random.choice(lanes)  # type: ignore[attr-defined] # hypothesis gives random.Random without a type
        found.append(lane.pop(0))
        lanes = [lane for lane in lanes if lane]
    return found
