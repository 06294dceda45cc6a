"""Makes what a stream needs outside: topics in Kafka, tables in PostgreSQL. Running it twice changes nothing."""

import sys
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra import postgres
from infra.settings import from_environment
from schemas.declaration import Declaration, load
from schemas.errors import LeewayError, Refused, Unavailable
from schemas.topics import TABLE, specification


def topics(bootstrap: str, declaration: Declaration, replication: int = 1) -> list[str]:
    """Creates the topics of a stream that are missing; gives their names.

    Raises:
        Refused: a topic exists with another number of partitions than its row of the table says.
        Unavailable: Kafka does not answer.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap})
    try:
        existing = admin.list_topics(timeout=30).topics
    except KafkaException as error:
        raise Unavailable(f"Kafka at {bootstrap} does not answer: {error}") from error
    new = []
    for row in TABLE:
        name, partitions, config = specification(row, declaration)
        if name not in existing:
            new.append(NewTopic(name, partitions, replication, config=config))
        elif len(existing[name].partitions) != partitions:
            raise Refused(
                f"Topic {name} has {len(existing[name].partitions)} partitions, the declaration wants {partitions}. "
                "Set [stream] partitions to what is there: partitions of a running stream cannot be changed"
            )
    for name, made in (admin.create_topics(new) if new else {}).items():
        _await(name, made)
    return [topic.topic for topic in new]


def _await(name: str, made: object) -> None:
    try:
        made.result(30)  # type: ignore[attr-defined] # a Future, untyped in the client
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise Unavailable(f"Topic {name} was not created: {error}") from error


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
