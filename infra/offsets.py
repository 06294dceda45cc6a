"""Where readers and topics stand: ends of partitions, lag of consumer groups, the last row of a key."""

from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

import msgspec
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]  # exported all the same
from msgspec import Struct

from infra import kafka
from schemas.errors import Unavailable

ANSWER_S = 10
"""How long a broker is waited for by one question."""
SMALL = 20
"""A lag up to this many offsets is counted by reading: transaction markers take offsets too, and are no records."""
TAIL = 500
"""Offsets at the end of a compacted partition where the last row of a key is looked for first."""

_LATEST = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # without types in this release

Row = TypeVar("Row", bound=Struct)


def admin(bootstrap: str) -> AdminClient:
    """A client for questions; silent, since what it meets is told by the errors of this module."""
    return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0, "socket.connection.setup.timeout.ms": 5000})


def topics(bootstrap: str) -> dict[str, list[int]]:
    """The partitions of every topic.

    Raises:
        Unavailable: no broker answers.
    """
    try:
        found = admin(bootstrap).list_topics(timeout=ANSWER_S).topics
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not answer ({error.args[0].str()})") from error
    return {name: sorted(topic.partitions) for name, topic in found.items()}


def topic_id(client: AdminClient, topic: str) -> str:
    """What Kafka knows the topic by: another one once it was deleted and made again; empty while there is none.

    Raises:
        Unavailable: no broker answers.
    """
    try:
        found = client.describe_topics(TopicCollection([topic]), request_timeout=ANSWER_S)[topic].result()
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return ""
        raise Unavailable(f"{topic}: Kafka does not tell its id ({error.args[0].str()})") from error
    return str(found.topic_id)


def ends(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """Beginning and end offset of each partition of a topic; empty if there is no such topic.

    Raises:
        Unavailable: no broker answers.
    """
    partitions = topics(bootstrap).get(topic, [])
    if not partitions:
        return {}
    client = kafka.consumer(bootstrap, "leeway-read")
    try:
        return {
            partition: client.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_S)
            for partition in partitions
        }
    except KafkaException as error:
        raise Unavailable(f"{topic}: its end is not known: Kafka does not answer ({error.args[0].str()})") from error
    finally:
        client.close()


def latest(bootstrap: str, topic: str, partitions: Sequence[int], key: bytes, kind: type[Row]) -> dict[int, Row]:
    """The last committed row of `key` in each of these partitions, where there is one.

    Raises:
        Unavailable: the broker does not answer.
    """
    rows = {partition: _last(bootstrap, topic, partition, key) for partition in partitions}
    return {partition: msgspec.json.decode(value, type=kind) for partition, value in rows.items() if value is not None}


def lags(bootstrap: str, groups: Sequence[str]) -> dict[str, dict[str, int]]:
    """Records that each group has still to read, by group and topic; a group that has committed nothing is left out.

    Raises:
        Unavailable: no broker answers.
    """
    client = admin(bootstrap)
    found = {group: committed(client, group) for group in groups}
    known = {topic: ends(bootstrap, topic) for topic in {topic for places in found.values() for topic, _ in places}}
    return {group: _behind(bootstrap, places, known) for group, places in found.items() if places}


def committed(client: AdminClient, group: str) -> dict[tuple[str, int], int]:
    """What a group has committed, by topic and partition.

    Raises:
        Unavailable: no broker answers.
    """
    request = [ConsumerGroupTopicPartitions(group)]
    try:
        answer = client.list_consumer_group_offsets(request, request_timeout=ANSWER_S)[group].result()
    except KafkaException as error:
        raise Unavailable(f"Kafka does not tell the offsets of {group} ({error.args[0].str()})") from error
    return {(place.topic, place.partition): place.offset for place in answer.topic_partitions if place.offset >= 0}


def newest(client: AdminClient, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """The end of each of these partitions for readers of what is committed, by one question; deleted ones are left out.

    Raises:
        Unavailable: no broker answers.
    """
    if not places:
        return {}
    asked = {TopicPartition(*place): _LATEST for place in places}
    told = client.list_offsets(asked, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=ANSWER_S)
    found: dict[tuple[str, int], int] = {}
    for place, answer in told.items():
        try:
            found[place.topic, place.partition] = answer.result().offset
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise Unavailable(f"{place.topic}: its end is not known ({error.args[0].str()})") from error
    return found


def groups(bootstrap: str, prefix: str) -> list[str]:
    """The consumer groups whose name begins with `prefix`.

    Raises:
        Unavailable: no broker answers.
    """
    client = admin(bootstrap)  # held by a name: a client that is collected ends its open questions
    try:
        found = client.list_consumer_groups(request_timeout=ANSWER_S).result()
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not list its groups ({error.args[0].str()})") from error
    if found.errors:
        raise Unavailable(f"Kafka at {bootstrap} does not list all its groups ({found.errors[0]})")
    return sorted(group.group_id for group in found.valid if group.group_id.startswith(prefix))


def members(bootstrap: str, group: str) -> list[str]:
    """Who belongs to a group now, by client and host; one that was killed counts until its session ends.

    Raises:
        Unavailable: no broker answers.
    """
    client = admin(bootstrap)
    try:
        found = client.describe_consumer_groups([group], request_timeout=ANSWER_S)[group].result()
    except KafkaException as error:
        if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
            return []
        raise Unavailable(f"Kafka does not tell the members of {group} ({error.args[0].str()})") from error
    return [f"{member.group_instance_id or member.client_id} at {member.host}" for member in found.members]


def _behind(
    bootstrap: str, committed: Mapping[tuple[str, int], int], known: Mapping[str, Mapping[int, tuple[int, int]]]
) -> dict[str, int]:
    behind: dict[str, int] = {}
    for (topic, partition), offset in committed.items():
        low, high = known[topic].get(partition, (0, 0))
        lag = max(0, high - max(low, offset))
        if 0 < lag <= SMALL:
            lag = sum(1 for _ in kafka.read(bootstrap, topic, partition, offset))
        behind[topic] = behind.get(topic, 0) + lag
    return behind


def _last(bootstrap: str, topic: str, partition: int, key: bytes) -> bytes | None:
    """Looks at the tail first, then at ever more of the partition: it may be long before it is compacted."""
    low, high = ends(bootstrap, topic).get(partition, (0, 0))
    length = TAIL
    while high > low:
        start = max(low, high - length)
        values = [_value(message) for message in kafka.read(bootstrap, topic, partition, start) if message.key() == key]
        if values:
            return values[-1]
        if start == low:
            return None
        length *= 8
    return None


def _value(message: Message) -> bytes | None:
    return message.value()
