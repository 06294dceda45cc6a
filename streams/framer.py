"""samples -> frames: consecutive records of one partition in one message, on the same partition number. No state.

The source offset is committed only after every frame made from it was acknowledged, so frames may overlap, repeat
or go back after a fault; the scorer skips by source offset.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from infra import kafka, offsets
from infra.identity import Identity
from infra.metrics.catalogue import STAGE, STAGE_RECORDS, UNDELIVERED
from infra.partitions import room
from schemas.errors import Fatal, Unavailable
from schemas.frame import encode, pack
from schemas.topics import Topics

SIZE = 4_000
"""Records of a frame, at most."""
FETCH = 16_000
"""Records taken at once, at most: of several partitions, and a small frame costs the scorer as much as a large one."""
LIMIT = 4_000_000
"""Bytes of a frame, at most, unless one record alone is larger."""
LINGER_S = 0.02
"""How long records wait for others."""
COMMIT_S = 0.25
SESSION_MS = 8_000
_LASTING = {KafkaError._FATAL, KafkaError.FENCED_INSTANCE_ID}  # noqa: SLF001 - its only name
"""After one of these the client gives nothing more, though it does not mark the error of a commit as fatal."""
FRAMING, FRAMED = STAGE.live.labels("frame"), STAGE_RECORDS.live.labels("frame")
log = structlog.get_logger()


class Framer:
    """One process; `step` does one fetch."""

    def __init__(self, bootstrap: str, topics: Topics, instance: str | None = None) -> None:
        self.source, self.target = topics.samples, topics.frames
        self.position: dict[int, int] = {}
        self.committed: dict[int, int] = {}
        self.failure: KafkaError | None = None
        self.rebalanced = self.stopping = False
        self._answered = time.monotonic()
        marks, admin = kafka.Watermarks(bootstrap), offsets.admin(bootstrap)
        self.identity = Identity(self.source, lambda: offsets.topic_id(admin, self.source))
        self.low: Callable[[int], int] = lambda partition: marks.of(self.source, partition)[0]
        self.producer = kafka.producer(bootstrap, linger_ms=2, message_max_bytes=kafka.ANY_BYTES)
        self.rooms: Callable[[], int] = lambda: kafka.partitions(self.producer, self.target)
        static = {"group.instance.id": instance} if instance else {}
        self.consumer = kafka.consumer(
            bootstrap,
            f"{topics.stream}.framer",
            queued_min_messages=50_000,
            queued_max_messages_kbytes=65_536,
            fetch_min_bytes=65_536,
            fetch_wait_max_ms=20,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=SESSION_MS // 4,
            **static,
        )

    def run(self) -> None:
        """Frames until `stopping`.

        Raises:
            Fatal: a frame could not be delivered, or this instance was fenced.
            Refused: `samples` was deleted and made again, or has more partitions than `frames`.
            Unavailable: the broker was away for too long.
        """
        UNDELIVERED.live.set_function(lambda: len(self.producer))
        self.consumer.subscribe([self.source], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)
        due = time.monotonic() + COMMIT_S
        while not self.stopping:
            self.step()
            if time.monotonic() >= due:
                self._commit()
                due = time.monotonic() + COMMIT_S
        self._commit()
        self.consumer.close()

    def standing(self) -> dict[int, tuple[int, int]]:
        """Where each partition of ours is committed, for the watchdog; asked from another thread."""
        return {p: (offset, offset) for p in list(self.position) if (offset := self.committed.get(p)) is not None}

    def unready(self) -> str:
        """Why no records are taken now; asked from another thread."""
        return "" if self.position else f"no partition of {self.source} is assigned"

    def step(self) -> None:
        """One fetch, framed and sent."""
        batch = self.consumer.consume(FETCH, LINGER_S)
        self.producer.poll(0)
        self._check()
        if self.rebalanced:  # on which side of the rebalance a record was fetched can't be told: fetch again
            if self._has_room():
                self.rebalanced = False
                self._restart()
            return
        found = self._by_partition(batch)
        if found and self._same_source():
            for partition, records in found.items():
                self._begin(partition, records[0].offset())
                for start in range(0, len(records), SIZE):
                    self._send(partition, records[start : start + SIZE])

    def _has_room(self) -> bool:
        """Whether there are frames' partitions for ours; asked again after the next fetch if nobody answers."""
        try:
            room(self.source, max(self.position, default=-1) + 1, self.target, self.rooms)
        except Unavailable as error:
            log.warning("framer.room_unknown", error=str(error), done="nothing is framed until it is known")
            return False
        return True

    def _same_source(self) -> bool:
        """Asked after a fetch: its records are of the topic that our positions are of. Else they are fetched again."""
        try:
            self.identity.check()
        except Unavailable as error:
            log.warning("framer.source_unknown", error=str(error), done="the batch is fetched again")
            self._restart()
            return False
        return True

    def _by_partition(self, batch: Sequence[Any]) -> dict[int, list[Any]]:
        found: dict[int, list[Any]] = {}
        for record in batch:
            if record.error() is not None:
                self._broker_says(record.error())
            elif record.offset() >= self.position.get(record.partition(), 1 << 62):
                found.setdefault(record.partition(), []).append(record)
        if found:
            self._answered = time.monotonic()
        return found

    def _begin(self, partition: int, first: int) -> None:
        """Sees whether what is missing before `first` was deleted: a frame that says so makes the scorer count it."""
        place = self.position[partition]
        if first == place:
            return
        low = min(first, self.low(partition))
        if low > place:
            log.error("framer.unavailable", topic=self.source, partition=partition, start=place, stop=low,
                      done="deleted by retention before they were read; counted as unavailable")  # fmt: skip
            self.position[partition] = low

    def _send(self, partition: int, records: list[Any]) -> None:
        with FRAMING.time():
            frame = pack(partition, self.position[partition], records, self.identity.known)
            data = encode(frame)
        if len(data) > LIMIT and len(records) > 1:
            half = len(records) // 2
            self._send(partition, records[:half])
            self._send(partition, records[half:])
            return
        self._produce(partition, data)
        self.position[partition] = frame.end
        FRAMED.inc(len(records))

    def _produce(self, partition: int, data: bytes) -> None:
        while True:
            try:
                self.producer.produce(self.target, data, partition=partition, on_delivery=self._delivered)
            except BufferError:
                self.producer.poll(0.05)
                self._check()
            else:
                return

    def _assigned(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        known = {tp.partition: tp.offset for tp in consumer.committed(partitions, timeout=30)}
        self.position = {partition: max(0, offset) for partition, offset in known.items()}  # negative: none yet
        self.committed = dict(self.position)
        self._restart()
        self.rebalanced = True
        log.info("framer.assigned", positions=self.position)

    def _restart(self) -> None:
        self.consumer.assign([TopicPartition(self.source, p, offset) for p, offset in self.position.items()])

    def _revoked(self, _consumer: Any, _partitions: list[TopicPartition]) -> None:
        self._commit()  # a courtesy: fewer repeated frames
        self._forget()

    def _lost(self, _consumer: Any, _partitions: list[TopicPartition]) -> None:
        self._forget()

    def _forget(self) -> None:
        self.position.clear()
        self.rebalanced = True

    def _delivered(self, error: KafkaError | None, _message: Any) -> None:
        self.failure = error or self.failure

    def _check(self) -> None:
        if self.failure is not None:
            raise Fatal(f"a frame was not delivered: {self.failure}. It is made again from the committed offset")

    def _commit(self) -> None:
        todo = [
            TopicPartition(self.source, p, offset)
            for p, offset in self.position.items()
            if offset != self.committed.get(p)
        ]
        if not todo:
            return
        while self.producer.flush(1):
            self._check()
            if self.stopping:  # the broker is away: what it has not taken is made again at the next start
                return
        self._check()
        try:
            self.consumer.commit(offsets=todo, asynchronous=False)
        except KafkaException as error:  # not ours any more, or the broker is away: the next one settles it
            self._broker_says(error.args[0])
        else:
            self.committed.update((tp.partition, tp.offset) for tp in todo)

    def _broker_says(self, error: KafkaError) -> None:
        if error.fatal() or error.code() in _LASTING:
            raise Fatal(f"framer: {error}. Its offsets are kept; the next start goes on from there")
        log.warning("framer.broker", error=str(error))
        if error.code() == KafkaError._ALL_BROKERS_DOWN and time.monotonic() - self._answered > kafka.PATIENCE_S:  # noqa: SLF001 - its only name
            raise Unavailable(f"Kafka has not answered for {kafka.PATIENCE_S} s: {error}. Offsets are kept")
