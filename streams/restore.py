"""Takes a partition up: fences its earlier owners, then reads its state."""

from collections.abc import Callable, Iterable
from typing import Any

from confluent_kafka import Producer

from infra import kafka, offsets
from infra.identity import Identity
from schemas import position, sketch
from schemas.errors import Refused
from schemas.position import Position
from schemas.sketch import Sketch
from streams.lane import Lane, Place
from streams.recent import RecentIds
from streams.score import Partition, Stage
from streams.transaction import TRANSACTION_S, Transaction

Begin = Callable[[int, Iterable[Any]], Partition]
ANSWER_S = 5.0
"""How long a lane, which holds up everything else meanwhile, waits for the end of `samples` to be told."""


def open_lane(place: Place, number: int, stage: Stage, begin: Begin | None = None) -> "Lane":
    """Fences every earlier owner of the partition, then reads its state: in this order, or a stale row could win.

    `begin` makes the state of what `state` holds; without it, it is restored.
    """
    client = Producer(
        {
            "bootstrap.servers": place.bootstrap,
            "transactional.id": f"{place.topics.stream}.lane-{number}",
            "transaction.timeout.ms": TRANSACTION_S * 1000,
            "linger.ms": 20,
            "compression.type": "lz4",
            "message.max.bytes": kafka.ANY_BYTES,
            "queue.buffering.max.messages": 200_000,
            "queue.buffering.max.kbytes": 262_144,
        }
    )
    client.init_transactions(TRANSACTION_S)

    def reader(topic: str, partition: int, start: int, stop: int | None) -> Iterable[Any]:
        return kafka.read(place.bootstrap, topic, partition, start, stop)

    state = (begin or restore)(number, reader(place.topics.state, number, 0, None))
    if begin is None and state.position == Position():
        not_lost(place, number, reader(place.topics.predictions, number, 0, None))
    samples = place.topics.samples
    marks, admin = kafka.Watermarks(place.bootstrap, ANSWER_S), offsets.admin(place.bootstrap)
    identity = Identity(samples, lambda: offsets.topic_id(admin, samples), state.position.source)
    state.position.source = identity.check()
    return Lane(
        place,
        state,
        stage,
        Transaction(client, number, f"lane {number}"),
        reader,
        lambda: marks.of(samples, number),
        identity,
    )


def not_lost(place: Place, number: int, predictions: Iterable[Any]) -> None:
    """A partition without state has not begun: else everything would be scored again.

    Raises:
        Refused: it has predictions.
    """
    if any(True for _ in predictions):
        raise Refused(
            f"{place.topics.state}/{number} is empty, and {place.topics.predictions}/{number} is not: the state was"
            " lost. Nothing was scored. `leeway replay-from` makes it anew from samples"
        )


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
        state.panes[row.version, row.pane_start] = Sketch.from_row(row)
    else:
        raise ValueError("no such kind of row is known")
