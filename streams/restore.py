"""Takes a partition up: fences its earlier owners, then reads its state."""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Producer

from infra import kafka, offsets
from schemas import position, sketch
from schemas.errors import Refused
from schemas.position import Position
from schemas.sketch import Sketch
from schemas.topics import LARGE
from streams.lane import TRANSACTION_S, Lane, Place
from streams.recent import RecentIds
from streams.score import Partition, Stage

ANSWER_S = 5.0
"""How long a lane, which holds up everything else meanwhile, waits for the end of `samples` to be told."""


def open_lane(place: Place, number: int, stage: Stage) -> "Lane":
    """Fences every earlier owner of the partition, then reads its state: in this order, or a stale row could win."""
    client = Producer(
        {
            "bootstrap.servers": place.bootstrap,
            "transactional.id": f"{place.topics.stream}.lane-{number}",
            "transaction.timeout.ms": TRANSACTION_S * 1000,
            "linger.ms": 20,
            "compression.type": "lz4",
            "message.max.bytes": LARGE,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
        }
    )
    client.init_transactions(TRANSACTION_S)

    def reader(topic: str, partition: int, start: int, stop: int | None) -> Iterable[Any]:
        return kafka.read(place.bootstrap, topic, partition, start, stop)

    state = restore(number, reader(place.topics.state, number, 0, None))
    same_source(state, place.topics.samples, offsets.topic_id(offsets.admin(place.bootstrap), place.topics.samples))
    marks = kafka.Watermarks(place.bootstrap, answer_s=ANSWER_S)
    return Lane(place, state, stage, client, reader, lambda: marks.of(place.topics.samples, number)[1])


def same_source(state: Partition, topic: str, identity: str) -> None:
    """Notes which topic the state is of.

    Raises:
        Refused: it is of an earlier topic of that name; its offsets mean other records.
    """
    known = state.position.source
    if known and identity and known != identity:
        raise Refused(
            f"{topic} was deleted and made again: its id is {identity}, and the state of partition {state.number} is of"
            f" {known}, up to offset {state.position.next}. Nothing of the new topic was scored. Declare a stream of"
            " another name, or delete all topics of this one and start again"
        )
    state.position.source = identity or known


def restore(number: int, rows: Iterable[Any]) -> Partition:
    """The state of a partition out of its rows of `state`, oldest first."""
    latest = {message.key() or b"": message.value() for message in rows}
    found = latest.get(position.KEY)
    state = Partition(number, position.read(found) if found else Position(), RecentIds())
    state.recent.total = state.position.ids
    for key, value in latest.items():
        kind, _, name = key.partition(b"/")
        if value is None or kind == position.KEY:
            continue
        try:
            _restore_row(state, kind, name, value)
        except ValueError as error:  # msgspec's and numpy's errors are ValueErrors
            raise Refused(f"The row {key!r} of `state`, partition {number}: {error}. {position.REMEDY}") from error
    return state


def _restore_row(state: Partition, kind: bytes, name: bytes, value: bytes) -> None:
    if kind == b"ids":
        state.recent.restore(int(name), value)
    elif kind == b"pane":
        row = sketch.decode(value)
        state.panes[row.version, row.pane_start] = Sketch.from_bytes(row.counts, row.moments)
    else:
        raise ValueError("no such kind of row is known")
