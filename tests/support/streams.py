"""A stream of its own for a test: topics, a declaration file, settings, an empty database; and ways to send and ask."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import msgspec
import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from infra import kafka, provisioning
from infra.settings import Settings
from schemas import declaration
from schemas.topics import TABLE, Topics, specification

TOML = """
[stream]
name = "{name}"
pane = "1d"
partitions = 2
[features.x]
kind = "number"
[label]
max_delay = "14d"
"""


@dataclass(frozen=True)
class Stream:
    """What a consumer of the stream needs, and its topics."""

    path: Path
    settings: Settings
    topics: Topics

    def send(self, topic: str, *values: object, **record: Any) -> None:
        """Sends values (bytes as they are, None as none, anything else as JSON) and waits for Kafka to have them."""
        sender = kafka.producer(self.settings.kafka)
        for value in values:
            raw = value if isinstance(value, bytes) or value is None else msgspec.json.encode(value)
            sender.produce(topic, value=raw, **record)
        assert sender.flush(30) == 0

    def ask(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the stream's database."""
        with psycopg.connect(self.settings.postgres) as connection:
            return connection.execute(query.encode(), values or None).fetchall()

    def read(self, topic: str) -> list[Any]:
        """All committed messages of a topic."""
        found = declaration.load(self.path)
        row = next(row for row in TABLE if f"{found.name}.{row.name}" == topic)
        partitions = specification(row, found)[1]
        return [
            message for partition in range(partitions) for message in kafka.read(self.settings.kafka, topic, partition)
        ]


def make(servers: Any, folder: Path) -> Stream:
    """A stream with a name of its own on these servers, its topics made, its database empty."""
    name = f"s{uuid.uuid4().hex[:10]}"
    path = folder / f"{name}.toml"
    path.write_text(TOML.format(name=name))
    provisioning.topics(servers.kafka, declaration.load(path))
    settings = Settings(
        kafka=servers.kafka, postgres=database(servers.postgres, name), mlflow="http://unused", home=folder
    )
    return Stream(path, settings, Topics(name))


def database(dsn: str, name: str) -> str:
    """The address of a new, empty database on this server."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return make_conninfo(dsn, dbname=name)


class Running:
    """A consumer in a thread, until the block ends; its error is raised there."""

    def __init__(self, run: Callable[[Path, Settings, Event], None], stream: Stream) -> None:
        self._stop = Event()
        self._error: BaseException | None = None
        self._thread = Thread(target=self._main, args=(run, stream))

    def _main(self, run: Callable[[Path, Settings, Event], None], stream: Stream) -> None:
        try:
            run(stream.path, stream.settings, self._stop)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is raised again where the test waits
            self._error = error

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error
