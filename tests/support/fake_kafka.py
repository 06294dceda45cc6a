"""A topic in memory, and a client of it that behaves as confluent-kafka's consumer does towards the poll loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, OFFSET_STORED, KafkaError, KafkaException, TopicPartition


@dataclass(frozen=True)
class FakeMessage:
    """A record, or the end of a partition, or another error."""

    on: str
    part: int
    place: int
    content: bytes = b""
    fault: KafkaError | None = None

    def topic(self) -> str:
        return self.on

    def partition(self) -> int:
        return self.part

    def offset(self) -> int:
        return self.place

    def value(self) -> bytes:
        return self.content

    def error(self) -> KafkaError | None:
        return self.fault


@dataclass
class FakeTopic:
    """Records by partition, and what a group has committed."""

    name: str
    partitions: dict[int, list[bytes]]
    committed: dict[int, int] = field(default_factory=dict)
    down: bool = False


class FakeClient:
    """One member; `rebalance` makes the next batch one that a rebalance goes through."""

    def __init__(self, topic: FakeTopic) -> None:
        self.topic = topic
        self.rebalance = False
        self.closed = False
        self.errors: list[KafkaError] = []
        self._callbacks: dict[str, Any] = {}
        self._next: dict[int, int] = {}
        self._ended: dict[int, int] = {}
        self._joining = False

    def subscribe(self, topics: list[str], *, on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        assert topics == [self.topic.name]
        self._callbacks = {"on_assign": on_assign, "on_revoke": on_revoke, "on_lost": on_lost}
        self._joining = True

    def assign(self, partitions: Sequence[TopicPartition]) -> None:
        self._next = {part.partition: self._resolve(part) for part in partitions}
        self._ended = {}

    def consume(self, num_messages: int, timeout: float) -> list[Any]:
        assert timeout >= 0
        if self.errors:
            return [FakeMessage(self.topic.name, 0, 0, fault=self.errors.pop(0))]
        before: list[Any] = []
        if self._joining or self.rebalance:
            before = self._fetch(num_messages // 2)
            if self.rebalance:
                self._callbacks["on_revoke"](self, self._all())
            self._callbacks["on_assign"](self, self._all())
            self._joining = self.rebalance = False
        return before + self._fetch(num_messages - len(before))

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None:
        assert not asynchronous
        self.topic.committed |= {part.partition: part.offset for part in offsets}

    def list_topics(self, *, timeout: float) -> None:
        if self.topic.down:
            raise KafkaException(KafkaError(KafkaError._ALL_BROKERS_DOWN, f"nobody in {timeout} s"))  # noqa: SLF001

    def close(self) -> None:
        self.closed = True

    def _all(self) -> list[TopicPartition]:
        return [TopicPartition(self.topic.name, partition) for partition in self.topic.partitions]

    def _resolve(self, part: TopicPartition) -> int:
        if part.offset == OFFSET_STORED:
            return self.topic.committed.get(part.partition, 0)
        return 0 if part.offset == OFFSET_BEGINNING else part.offset

    def _fetch(self, count: int) -> list[Any]:
        found: list[Any] = []
        for partition in self._next:
            values = self.topic.partitions[partition]
            while self._next[partition] < len(values) and len(found) < count:
                place = self._next[partition]
                found.append(FakeMessage(self.topic.name, partition, place, values[place]))
                self._next[partition] = place + 1
            if self._next[partition] == len(values) != self._ended.get(partition) and len(found) < count:
                self._ended[partition] = len(values)
                end = KafkaError(KafkaError._PARTITION_EOF)  # noqa: SLF001 - confluent-kafka's only name for it
                found.append(FakeMessage(self.topic.name, partition, len(values), fault=end))
        return found
