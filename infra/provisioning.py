"""Makes what a stream needs outside: topics in Kafka, tables in PostgreSQL. Running it twice changes nothing."""

import sys
from pathlib import Path

import structlog
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewPartitions, NewTopic

from infra import partitions, postgres
from infra.settings import from_environment
from schemas.declaration import Declaration, load
from schemas.errors import LeewayError, Unavailable
from schemas.topics import TABLE, specification

log = structlog.get_logger()


def topics(bootstrap: str, declaration: Declaration, replication: int = 1) -> list[str]:
    """Creates the topics of a stream that are missing, and widens those that have too few partitions; gives the new.

    Raises:
        Refused: a topic exists with more partitions than its row of the table says.
        Unavailable: Kafka does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    try:
        existing = admin.list_topics(timeout=30).topics
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not answer: {error}") from error
    narrow = partitions.wider({name: len(topic.partitions) for name, topic in existing.items()}, declaration)
    new = [
        NewTopic(name, count, replication, config=config)
        for name, count, config in (specification(row, declaration) for row in TABLE)
        if name not in existing
    ]
    for name, made in (admin.create_topics(new) if new else {}).items():
        _await(name, made)
    for name, count in narrow:  # one after the other: a record must never come before the room for what becomes of it
        _await(name, admin.create_partitions([NewPartitions(name, count)])[name])
        log.warning(
            "provisioning.widened", topic=name, partitions=count, note="keys go to other partitions from now on"
        )
    return [topic.topic for topic in new]


def _await(name: str, made: object) -> None:
    try:
        made.result(30)  # type: ignore[attr-defined] # a Future, untyped in the client
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise Unavailable(f"Topic {name} was not created or widened: {error}") from error


def main() -> None:
    """`python -m infra.provisioning DECLARATION`."""
    try:
        found = from_environment()
        declaration = load(Path(sys.argv[1]))
        topics(found.kafka, declaration)
        postgres.migrate(found.postgres)
    except LeewayError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
