"""The two ways to read: a share of the partitions as a member of a group, or all of them from the beginning."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import structlog
from confluent_kafka import OFFSET_BEGINNING, OFFSET_STORED, KafkaException, Message, TopicPartition

from consumers.loop import Place, away, committed
from infra import kafka

_log = structlog.get_logger()
_ANSWER_S = 5.0
_UNHURRIED = {"fetch_min_bytes": 65_536, "fetch_wait_max_ms": 100}


class Client(Protocol):
    """What is used of confluent_kafka.Consumer."""

    def subscribe(self, topics: list[str], *, on_assign: Any, on_revoke: Any, on_lost: Any) -> None:
        """Joins the group."""

    def assign(self, partitions: list[TopicPartition]) -> None:
        """Takes exactly these partitions, each from its offset on."""

    def consume(self, num_messages: int, timeout: float) -> list[Message]:
        """Up to so many messages; callbacks are called in it."""

    def commit(self, *, offsets: list[TopicPartition], asynchronous: Literal[False]) -> object:
        """Keeps positions in the broker."""

    def list_topics(self, *, timeout: float) -> object:
        """Asks a broker."""

    def close(self) -> None:
        """Leaves."""


def client(bootstrap: str, group: str, *, unhurried: bool = False, **extra: Any) -> Client:
    """A consumer for either way: it reports ends of partitions, and holds 32 MB of fetched records at most.

    With `unhurried` the broker collects 64 kB before it answers, or waits 0.1 s: many small answers cost it more than
    all the records in them. With `group_instance_id` the group keeps a member's partitions for it while it restarts.
    """
    found: Client = kafka.consumer(
        bootstrap,
        group,
        enable_partition_eof=True,
        session_timeout_ms=10_000,
        queued_max_messages_kbytes=32_768,
        **(_UNHURRIED if unhurried else {}),
        **extra,
    )
    return found


class Everything:
    """All partitions of some topics from their beginning; positions are committed for people to see the lag, only."""

    def __init__(self, given: Client, places: Sequence[Place]) -> None:
        self._client = given
        self._places = places

    def open(self) -> None:
        """Takes all partitions."""
        self._client.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for topic, partition in self._places])

    def take(self, batch: int, wait_s: float, /) -> list[Message]:
        """What the client has."""
        return self._client.consume(batch, wait_s)

    def ask(self) -> None:
        """Asks for the list of topics."""
        _ask(self._client)

    def done(self, reached: Mapping[Place, int], /) -> None:
        """Commits for the lag to be seen."""
        _commit(self._client, reached)

    def close(self) -> None:
        """Leaves."""
        self._client.close()


class Group:
    """A share of the partitions.

    `start` says where to read a partition on: an offset, or None for what the group has committed. A batch that a
    rebalance went through is thrown away, because it may hold records of partitions that now belong to another
    member, and what is held is assigned anew from `start`: nothing of it was handled, so nothing is lost.
    """

    def __init__(self, given: Client, topics: Sequence[str], start: Callable[[str, int], int | None]) -> None:
        self._client = given
        self._topics = list(topics)
        self._start = start
        self._held: list[Place] = []
        self._moved = False

    def open(self) -> None:
        """Joins the group."""
        self._client.subscribe(self._topics, on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)

    def take(self, batch: int, wait_s: float, /) -> list[Message]:
        """What the client has; nothing if a rebalance went through it."""
        self._moved = False
        taken = self._client.consume(batch, wait_s)
        if not self._moved or not taken:
            return taken
        self._moved = False
        self._client.assign(self._from_start())
        return []

    def ask(self) -> None:
        """Asks for the list of topics."""
        _ask(self._client)

    def done(self, reached: Mapping[Place, int], /) -> None:
        """Commits."""
        _commit(self._client, reached)

    def close(self) -> None:
        """Leaves the group."""
        self._client.close()

    def _assigned(self, _client: object, partitions: Sequence[TopicPartition]) -> None:
        self._held = [(part.topic, part.partition) for part in partitions]
        self._moved = True
        self._client.assign(self._from_start())
        _log.info("assigned", partitions=[f"{topic}/{partition}" for topic, partition in self._held])

    def _revoked(self, _client: object, _partitions: Sequence[TopicPartition]) -> None:
        self._held = []
        self._moved = True

    def _from_start(self) -> list[TopicPartition]:
        starts = ((topic, partition, self._start(topic, partition)) for topic, partition in self._held)
        return [
            TopicPartition(topic, partition, OFFSET_STORED if start is None else start)
            for topic, partition, start in starts
        ]


def _ask(given: Client) -> None:
    try:
        given.list_topics(timeout=_ANSWER_S)
    except KafkaException as error:
        raise away(error) from error


def _commit(given: Client, reached: Mapping[Place, int]) -> None:
    """A commit that fails costs reading again, which changes nothing, so it is said and not retried."""
    try:
        given.commit(offsets=committed(reached), asynchronous=False)
    except KafkaException as error:
        _log.warning("not_committed", error=str(error.args[0]), next="the records are handled, and may be read again")
