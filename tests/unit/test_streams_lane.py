"""A lane commits outputs, state and position together; holes, overlaps and restarts change nothing."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.identity import Identity
from schemas import sketch
from schemas.errors import Fatal, Refused
from schemas.frame import encode, pack
from schemas.position import KEY, Position
from schemas.position import encode as encode_position
from schemas.topics import Topics
from streams import lane as lane_module
from streams.lane import Lane, Place
from streams.recent import RecentIds
from streams.restore import restore
from streams.score import Partition, Stage
from streams.transaction import Transaction
from support.models import MINUTE, declaration, serving
from support.records import Stored, frames, log, sample

TOPICS = Topics("toy")
PLACE = Place("nowhere", TOPICS, "scorer-0", 20_000, MINUTE)


@dataclass
class Client:
    """A transactional producer in memory: `committed` is what a reader of committed records sees."""

    committed: list[tuple[str, bytes | None, bytes | None]] = field(default_factory=list)
    pending: list[tuple[str, bytes | None, bytes | None]] | None = None
    failures: list[KafkaError] = field(default_factory=list)

    def begin_transaction(self) -> None:
        assert self.pending is None
        self.pending = []

    def produce(self, topic: str, value: bytes | None, key: bytes | None, *_: Any, **__: Any) -> None:
        assert self.pending is not None
        self.pending.append((topic, key, value))

    def commit_transaction(self, _timeout: float) -> None:
        if self.failures:
            raise KafkaException(self.failures.pop(0))
        self.committed += self.pending or []
        self.pending = None

    def of(self, topic: str) -> list[bytes | None]:
        return [value for name, _, value in self.committed if name == topic]


def lane(client: Client, samples: list[Stored] | None = None, state: Partition | None = None, source: str = "") -> Lane:
    def read(topic: str, partition: int, start: int, stop: int | None) -> Iterable[Stored]:
        assert (topic, partition) == (TOPICS.samples, 0)
        return [r for r in samples or [] if start <= r.place < (stop or 1 << 60)]

    state = state or Partition(0, Position(), RecentIds())
    identity = Identity(TOPICS.samples, lambda: source, state.position.source)
    bounds = (samples[0].place, samples[-1].place + 1) if samples else (0, 0)
    return Lane(PLACE, state, Stage(declaration()), Transaction(client, 0, "lane 0"), read, lambda: bounds, identity)


def rows(client: Client) -> list[Stored]:
    state = [(key, value) for topic, key, value in client.committed if topic == TOPICS.state]
    return [Stored(i, value, 0, key) for i, (key, value) in enumerate(state)]


def offsets(client: Client) -> list[int]:
    return [msgspec.json.decode(value or b"")["source"][1] for value in client.of(TOPICS.predictions)]


RECORDS = log([sample(i * 5_000, f"id-{i}", x=i % 7 - 3.0) for i in range(60)])


@settings(max_examples=30, deadline=None)
@given(st.sets(st.integers(1, 59)), st.sets(st.integers(0, 60)))
def test_a_restart_after_any_commit_goes_on_as_if_nothing_had_happened(cuts: set[int], restarts: set[int]) -> None:
    undisturbed, client = Client(), Client()
    whole = lane(undisturbed)
    for frame in frames(RECORDS, []):
        whole.take(frame, serving())
    whole.commit()

    current = lane(client, RECORDS)
    for number, frame in enumerate(frames(RECORDS, sorted(cuts))):
        current.take(frame, serving())
        if number in restarts:
            current.commit()
            current = lane(client, RECORDS, restore(0, rows(client)))
    current.commit()

    assert client.of(TOPICS.predictions) == undisturbed.of(TOPICS.predictions)
    restored = restore(0, rows(client))
    assert restored.position == whole.state.position
    assert {k: v.counts.tolist() for k, v in restored.panes.items()} == {
        k: v.counts.tolist() for k, v in whole.state.panes.items()
    }


def test_what_was_not_committed_is_done_again_and_seen_once() -> None:
    client = Client()
    first, second = frames(RECORDS, [30])
    current = lane(client, RECORDS)
    current.take(first, serving())
    current.commit()
    current.take(second, serving())  # and then the process dies
    client.pending = None

    current = lane(client, RECORDS, restore(0, rows(client)))
    current.take(second, serving())
    current.commit()

    assert offsets(client) == list(range(60))


def test_a_hole_is_read_from_samples() -> None:
    client = Client()
    parts = frames(RECORDS, [10, 20])
    current = lane(client, RECORDS)
    current.take(parts[0], serving())
    current.take(parts[2], serving())
    current.commit()

    assert offsets(client) == list(range(60))


def test_offsets_of_a_hole_that_never_held_a_record_are_not_gone() -> None:
    kept = [record for record in RECORDS if not 0 < record.place % 20 < 4]  # taken by markers of transactions
    current = lane(Client(), kept)
    current.take(frames(RECORDS, [21])[0], serving())
    current.take(frames(kept, [45])[1], serving())

    position = current.state.position
    assert (position.unavailable, position.empty, position.received, position.next) == (0, 6, 54, 60)


def test_records_gone_from_samples_too_are_counted() -> None:
    client = Client()
    parts = frames(RECORDS, [10, 20])
    current = lane(client, RECORDS[15:])
    current.take(parts[0], serving())
    current.take(parts[2], serving())

    position = current.state.position
    assert position.unavailable == 5
    assert position.received == 60 == position.scored + position.unavailable
    assert position.next == 60


@given(st.sets(st.integers(0, 80), min_size=1), st.sets(st.integers(0, 80)), st.sets(st.integers(0, 80)))
def test_every_offset_is_in_one_count_however_frames_and_gaps_fall(
    places: set[int], cuts: set[int], missed: set[int]
) -> None:
    """Offsets that hold no record are `empty`, whether a frame or a read from `samples` passes over them."""
    values = [b"{", sample(5, "a"), sample(7)]
    records = [Stored(place, values[place % 3], 10**12) for place in sorted(places)]
    current = lane(Client(), records)
    for number, frame in enumerate(made := frames(records, sorted(cuts))):
        if number not in missed or frame is made[-1]:
            current.take(msgspec.structs.replace(frame, prev=0 if number == 0 else frame.prev), serving())
        here = current.state.position
        assert here.next == here.received + here.empty
        assert here.open == 0
    assert (current.state.position.received, current.state.position.next) == (
        len(records) + current.state.position.unavailable,
        max(places) + 1,
    )


def bad_frames() -> list[bytes | None]:
    good = frames(RECORDS, [])[0]
    data = encode(good)
    changed: list[dict[str, Any]] = [
        {"partition": 1},
        {"offsets": [0] * 60},
        {"offsets": []},
        {"times": good.times[:-1]},
        {"times": [1 << 63] * 60},
        {"prev": 5},
        {"prev": 900, "first": 900},
        {"prev": -1, "first": -1},
        {"source": "another"},
    ]
    return [None, b"", b"{}", data[:-1], data[:40], b"\x91" * 10_000] + [
        encode(msgspec.structs.replace(good, **change)) for change in changed
    ]


@pytest.mark.parametrize("data", bad_frames())
def test_a_message_that_is_no_frame_of_ours_is_passed_over_and_its_records_are_read_from_samples(
    data: bytes | None,
) -> None:
    client = Client()
    first, second = frames(RECORDS, [30])
    current = lane(client, RECORDS)
    current.receive(encode(first), 0, serving())
    current.receive(data, 1, serving())
    current.commit()
    current = lane(client, RECORDS, restore(0, rows(client)))
    assert (current.state.position.foreign, current.state.position.doubt, current.state.position.reach) == (1, True, 2)

    current.settle(serving())  # no frame follows
    current.receive(encode(second), 2, serving())  # late: all of it was read already
    current.commit()

    assert offsets(client) == list(range(60))
    position = current.state.position
    assert (position.received, position.unavailable, position.doubt) == (60, 0, False)


def test_bytes_changed_anywhere_in_a_frame_never_stop_the_lane() -> None:
    data = encode(frames(RECORDS, [])[0])
    seeded = random.Random(5)
    for _ in range(500):
        place = seeded.randrange(len(data))
        current = lane(Client(), RECORDS)
        current.receive(data[:place] + bytes([seeded.randrange(256)]) + data[place + 1 :], 0, serving())
        current.settle(serving())
        assert current.state.position.next == 60


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (KEY, encode_position(Position(format=99))),
        (KEY, b"{"),
        (KEY, b"[1]"),
        (b"pane/1/0", b"\x01"),
        (b"pane/1/0", b""),
        (b"ids/0", b"\x01"),
        (b"ids/x", b"\x90"),
        (b"sums/1", b"{}"),
    ],
)
def test_a_state_row_that_this_program_does_not_know_is_refused(key: bytes, value: bytes) -> None:
    with pytest.raises(Refused, match="Nothing was scored or changed"):
        restore(0, [Stored(0, value, 0, key)])


def test_a_position_row_written_before_rows_had_a_format_is_read() -> None:
    assert restore(0, [Stored(0, b'{"next":7,"reach":2}', 0, KEY)]).position == Position(next=7, reach=2)


def of_the_first() -> Partition:
    return Partition(0, Position(source="first"), RecentIds())


def test_a_frame_of_samples_made_again_is_refused_even_before_anybody_else_has_noticed() -> None:
    client = Client()
    current = lane(client, RECORDS, of_the_first(), source="second")
    with pytest.raises(Refused, match="deleted and made again"):
        current.receive(encode(pack(0, 0, RECORDS, "second")), 0, serving())
    assert client.pending is None


def test_a_hole_is_not_filled_from_samples_made_again() -> None:
    client = Client()
    current = lane(client, RECORDS, of_the_first(), source="second")
    with pytest.raises(Refused, match="deleted and made again"):
        current.take(frames(RECORDS, [30])[1], serving())
    assert client.pending is None


def test_a_late_frame_of_an_earlier_topic_is_passed_over() -> None:
    current = lane(Client(), RECORDS, Partition(0, Position(source="second"), RecentIds()), source="second")
    current.receive(encode(pack(0, 0, RECORDS, "first")), 0, serving())
    assert (current.state.position.next, current.state.position.foreign) == (0, 1)


def test_a_large_hole_is_committed_in_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane_module, "HOLE", 4)
    monkeypatch.setattr(lane_module, "STRETCH", 12)
    client = Client()
    current = lane(client, RECORDS)
    parts = frames(RECORDS, [50])

    current.take(parts[1], serving())  # and then the process dies
    assert offsets(client) == list(range(48))
    client.pending = None

    current = lane(client, RECORDS, restore(0, rows(client)))
    assert current.state.position.reach == 0
    current.take(parts[1], serving())
    current.commit()
    assert offsets(client) == list(range(60))


@given(st.sets(st.integers(1, 59)), st.integers(0, 60))
def test_a_judge_that_reads_a_part_of_a_commit_is_told_of_no_pane_that_is_still_to_come(
    cuts: set[int], second_from: int
) -> None:
    client = Client()
    current = lane(client)
    for frame in frames(RECORDS, sorted({*cuts, *({second_from} - {0, 60})})):
        current.take(frame, serving(1 + (frame.first >= second_from)))
    current.commit()

    found = [sketch.decode(value or b"") for value in client.of(TOPICS.sketches)]
    for i in range(1, len(found)):
        claimed = max(row.closed for row in found[:i])
        assert all(row.pane_start >= claimed for row in found[i:])
    assert found[-1].closed == 240_000


def test_closed_panes_go_to_sketches_and_leave_the_state() -> None:
    client = Client()
    current = lane(client)
    for frame in frames(RECORDS, [30]):
        current.take(frame, serving())
        current.commit()

    assert len(client.of(TOPICS.sketches)) == 4  # 295 s, less 20 s of lateness
    assert {
        key for key, value in {r.name: r.content for r in rows(client)}.items() if value and b"pane" in (key or b"")
    } == {b"pane/1/240000"}


def test_a_new_version_is_said_with_the_first_offset_that_it_scores() -> None:
    client = Client()
    first, second = frames(RECORDS, [30])
    current = lane(client)
    current.take(first, serving(1))
    current.take(second, serving(2))
    current.commit()

    said = [msgspec.json.decode(value or b"") for value in client.of(TOPICS.served)]
    assert [(row["version"], row["from_offset"]) for row in said] == [(1, 0), (2, 30)]
    versions = [msgspec.json.decode(value or b"")["version"] for value in client.of(TOPICS.predictions)]
    assert versions == [1] * 30 + [2] * 30


def test_a_reload_is_said_without_any_sample() -> None:
    client = Client()
    current = lane(client)
    current.adopt(serving(3))
    current.commit()

    assert msgspec.json.decode(client.of(TOPICS.served)[0] or b"")["version"] == 3


def test_a_fenced_lane_ends_the_process_and_a_passing_fault_does_not() -> None:
    client = Client(failures=[KafkaError(KafkaError._TIMED_OUT, retriable=True)])  # noqa: SLF001 - its only name
    current = lane(client)
    current.adopt(serving())
    current.commit()
    assert client.of(TOPICS.state)

    client.failures.append(KafkaError(KafkaError._FENCED, fatal=True))  # noqa: SLF001 - its only name
    current.adopt(serving(2))
    with pytest.raises(Fatal, match="lane 0"):
        current.commit()


def test_rejected_records_carry_their_reason_and_source() -> None:
    seen: list[dict[str, Any]] = []

    @dataclass
    class Listening(Client):
        def produce(self, topic: str, value: bytes | None, key: bytes | None, *place: Any, **more: Any) -> None:
            if topic == TOPICS.rejected:
                seen.append({"value": value, "key": key} | dict(more["headers"]))
            super().produce(topic, value, key, *place, **more)

    current = lane(Listening())
    current.take(frames([Stored(7, b"{", 0, b"k")], [])[0], serving())

    assert seen == [
        {
            "value": b"{",
            "key": b"k",
            "leeway.reason": b"not_json",
            "leeway.detail": seen[0]["leeway.detail"],
            "leeway.source": b"toy.samples/0/7",
        }
    ]
    assert KEY not in current.transaction.client.of(TOPICS.state)
