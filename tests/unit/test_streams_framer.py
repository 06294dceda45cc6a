"""Frames chain without gaps, split by bytes, and are committed only after their delivery."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from infra import partitions
from infra.identity import Identity
from schemas.errors import Fatal, Refused, Unavailable
from schemas.frame import Frame, decode
from streams import framer
from streams.framer import Framer
from support.records import Stored, log, sample


@dataclass
class Producer:
    """Delivers at `flush`, or fails then; with the broker `away` it does neither."""

    away: bool = False
    failure: KafkaError | None = None
    frames: list[Frame] = field(default_factory=list)
    waiting: list[Callable[[KafkaError | None, Any], None]] = field(default_factory=list)

    def produce(self, _topic: str, value: bytes, **more: Any) -> None:
        self.frames.append(decode(value))
        self.waiting.append(more["on_delivery"])

    def poll(self, _seconds: float) -> int:
        return 0

    def flush(self, _seconds: float) -> int:
        if self.away:
            return len(self.waiting)
        for call in self.waiting:
            call(self.failure, None)
        self.waiting.clear()
        return 0


@dataclass
class Consumer:
    """Gives prepared batches; notes what is committed."""

    batches: list[list[Any]]
    refuses: int | None = None
    committed: dict[int, int] = field(default_factory=dict)
    assigned: list[tuple[int, int]] = field(default_factory=list)

    def consume(self, _count: int, _seconds: float) -> list[Any]:
        return self.batches.pop(0)

    def commit(self, offsets: list[Any], **_: Any) -> None:
        if self.refuses is not None:
            raise KafkaException(KafkaError(self.refuses))
        self.committed |= {place.partition: place.offset for place in offsets}

    def assign(self, places: list[Any]) -> None:
        self.assigned = [(place.partition, place.offset) for place in places]


class Read(Stored):
    """A record as a consumer gives it."""

    def error(self) -> None:
        return None

    def partition(self) -> int:
        return 0


def make(batches: list[list[Any]], position: int = 0) -> Framer:
    found = Framer.__new__(Framer)
    found.source, found.target = "toy.samples", "toy.frames"
    found.position, found.committed = {0: position}, {}
    found.low, found.identity = lambda _: 0, Identity(found.source, lambda: "first")
    found.rooms = lambda: 1
    found.failure, found.rebalanced, found.stopping, found._answered = None, False, False, 0.0  # noqa: SLF001 - made without clients
    found.producer, found.consumer = Producer(), Consumer(batches)  # type: ignore[assignment] # fakes
    return found


def records(*offsets: int, size: int = 10) -> list[Read]:
    return [Read(offset, b"x" * size, 5, b"k") for offset in offsets]


def consumer(of: Framer) -> Consumer:
    return of.consumer  # type: ignore[return-value] # the fake


def frames(of: Framer) -> list[Frame]:
    return of.producer.frames  # type: ignore[attr-defined, no-any-return] # the fake


def test_frames_chain_through_gaps() -> None:
    found = make([records(7, 8, 11), records(12), records(15)], position=5)
    for _ in range(3):
        found.step()

    assert [(f.prev, f.first, f.end) for f in frames(found)] == [(5, 7, 12), (12, 12, 13), (13, 15, 16)]


def test_records_deleted_before_they_were_read_are_left_out_of_the_chain_so_that_the_scorer_counts_them() -> None:
    found = make([records(9, 10)], position=5)
    found.low = lambda _: 8
    found.step()

    assert [(f.prev, f.first) for f in frames(found)] == [(8, 9)]


def test_a_frame_too_large_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framer, "LIMIT", 300)
    found = make([records(*range(20), size=50)])
    found.step()

    made = frames(found)
    assert len(made) > 1
    assert made[0].prev == 0
    assert all(after.prev == before.end for before, after in pairwise(made))
    assert made[-1].end == 20


def test_nothing_is_committed_before_it_is_delivered() -> None:
    found = make([records(0, 1)])
    found.step()
    assert consumer(found).committed == {}

    found._commit()  # noqa: SLF001 - the step under test
    assert consumer(found).committed == {0: 2}


def test_a_framer_that_is_told_to_end_does_not_wait_for_a_broker_that_is_away() -> None:
    found = make([records(0, 1)])
    found.producer.away = True  # type: ignore[attr-defined] # the fake
    found.step()
    found.stopping = True

    found._commit()  # noqa: SLF001 - the step under test
    assert consumer(found).committed == {}


def test_an_undelivered_frame_ends_the_process_and_commits_nothing() -> None:
    found = make([records(0, 1)])
    found.producer.failure = KafkaError(KafkaError._MSG_TIMED_OUT)  # type: ignore[attr-defined] # noqa: SLF001 - the fake; its only name
    found.step()

    with pytest.raises(Fatal, match="not delivered"):
        found._commit()  # noqa: SLF001 - the step under test
    assert consumer(found).committed == {}


@pytest.mark.parametrize("code", [KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID])  # noqa: SLF001 - its only name
def test_a_client_that_gives_nothing_more_ends_the_process(code: int) -> None:
    found = make([records(0, 1)])
    consumer(found).refuses = code  # what a framer that was stopped beyond its session is told; not marked as fatal
    found.step()

    with pytest.raises(Fatal, match="the next start goes on from there"):
        found._commit()  # noqa: SLF001 - the step under test


def test_a_commit_that_another_owner_made_needless_is_only_said() -> None:
    found = make([records(0, 1)])
    consumer(found).refuses = KafkaError.ILLEGAL_GENERATION
    found.step()

    found._commit()  # noqa: SLF001 - the step under test
    assert consumer(found).committed == {}


def test_a_batch_fetched_across_a_rebalance_is_thrown_away() -> None:
    found = make([records(3, 4), records(0, 1)])
    found.rebalanced = True
    found.step()

    assert frames(found) == []
    assert consumer(found).assigned == [(0, 0)]
    found.step()
    assert [f.first for f in frames(found)] == [0]


def test_partitions_without_room_in_frames_are_refused_and_nothing_is_framed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "SETTLING_S", 1.0)
    found = make([records(0, 1)])
    found.position, found.rebalanced = {0: 0, 1: 0}, True

    with pytest.raises(Refused, match="partitions were added to a running stream"):
        found.step()
    assert frames(found) == []


def test_while_nobody_tells_the_room_nothing_is_framed() -> None:
    def away() -> int:
        raise Unavailable("no answer")

    found = make([records(0, 1), records(0, 1), records(0, 1)])
    found.rooms, found.rebalanced = away, True
    found.step()
    found.step()
    assert (frames(found), found.rebalanced) == ([], True)

    found.rooms = lambda: 1
    found.step()
    assert (consumer(found).assigned, found.rebalanced) == ([(0, 0)], False)


def test_a_frame_holds_records_untouched() -> None:
    value = sample(1, "a")
    found = make([[Read(0, value, 77, None)]])
    found.step()

    assert frames(found) == [Frame(0, 0, 0, [0], [77], [None], [value], "first")]
    assert log([value])[0].value() == value


def test_nothing_of_samples_made_again_is_framed() -> None:
    ids = ["first", "second"]
    found = make([records(0, 1), records(2, 3)])
    found.identity = Identity(found.source, lambda: ids.pop(0))
    found.step()

    with pytest.raises(Refused, match="deleted and made again"):
        found.step()
    assert [f.end for f in frames(found)] == [2]


def test_a_batch_whose_topic_cannot_be_told_is_fetched_again() -> None:
    def away() -> str:
        raise Unavailable("no answer")

    found = make([records(0, 1)])
    found.identity = Identity(found.source, away)
    found.step()

    assert frames(found) == []
    assert consumer(found).assigned == [(0, 0)]
