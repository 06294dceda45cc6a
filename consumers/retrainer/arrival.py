"""Whether PostgreSQL holds what the topics held when a retrain was decided."""

from collections.abc import Mapping

import psycopg

from infra import offsets
from infra.postgres import unavailable
from infra.postgres.connection import Connection
from schemas.topics import Topics

Place = tuple[str, int]
LIMIT_S = 120.0
"""How long the warehouse may take to hold what was in the topics when something was decided."""


def ends(bootstrap: str, topics: Topics) -> dict[Place, int]:
    """End offsets of predictions and labels now, where there is anything.

    Raises:
        Unavailable: Kafka does not answer.
    """
    return {
        (topic, partition): high
        for topic in (topics.predictions, topics.labels)
        for partition, (low, high) in offsets.ends(bootstrap, topic).items()
        if high > low
    }


def missing(connection: Connection, stream: str, wanted: Mapping[Place, int]) -> dict[Place, int]:
    """The places that the warehouse has not reached, and how many offsets it is behind there.

    Raises:
        Unavailable: PostgreSQL went away.
    """
    try:
        with connection.transaction():
            rows = connection.execute(
                "SELECT topic, partition, next FROM positions WHERE stream = %s", (stream,)
            ).fetchall()
    except psycopg.Error as error:
        raise unavailable(error) from error
    reached = {(str(topic), int(str(partition))): int(str(offset)) for topic, partition, offset in rows}
    return {place: end - reached.get(place, 0) for place, end in wanted.items() if reached.get(place, 0) < end}


def words(behind: Mapping[Place, int]) -> str:
    """What is missing, and what to look at."""
    places = ", ".join(f"{topic}/{partition} by {count}" for (topic, partition), count in behind.items())
    return f"after {LIMIT_S:.0f} s PostgreSQL is behind the topics ({places}). Does the warehouse run?"
