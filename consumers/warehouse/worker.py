"""The warehouse process: one member of the consumer group `STREAM.warehouse`."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog
from confluent_kafka import OFFSET_BEGINNING, Message

from consumers import loop
from consumers.loop import Place
from consumers.source import Group, client
from consumers.warehouse.sort import routes, sort
from consumers.warehouse.store import Store
from infra.backoff import patiently
from infra.kafka import PATIENCE_S
from infra.postgres import connect, migrate
from infra.settings import Settings
from schemas import declaration

_log = structlog.get_logger()


class Warehouse:
    """Takes batches to the tables.

    What the tables have reached decides where reading begins, not what the group has committed: a database that was
    restored or emptied is filled again from where it stands.
    """

    def __init__(self, stream: str, store: Store, stop: threading.Event, patience_s: float = PATIENCE_S) -> None:
        self._routes = routes(stream)
        self._store = store
        self._stop = stop
        self._patience_s = patience_s
        self.topics = tuple(self._routes)

    def start(self, topic: str, partition: int) -> int:
        """Where to read this partition from."""
        found = patiently(
            lambda: self._store.position(topic, partition), patience_s=self._patience_s, pause=self._stop.wait
        )
        return OFFSET_BEGINNING if found is None else found

    def handle(self, messages: Sequence[Message], reached: Mapping[Place, int], /) -> None:
        """Writes them and the positions in one transaction."""
        self._store.write(sort(messages, self._routes), reached)

    def idle(self) -> None:
        """Nothing waits here between batches."""


def run(path: Path, settings: Settings, stop: threading.Event) -> None:
    """Writes until `stop` is set.

    Raises:
        Refused: the declaration, the address or the schema does not fit.
        Unavailable: a server was away for the whole patience; what was not written will be read again.
    """
    stream = declaration.load(path).name
    migrate(settings.postgres)
    store = Store(stream, lambda: connect(settings.postgres, application=f"{stream}.warehouse", patience_s=0))
    warehouse = Warehouse(stream, store, stop)
    source = Group(client(settings.kafka, f"{stream}.warehouse", unhurried=True), warehouse.topics, warehouse.start)
    _log.info("started", stream=stream, topics=len(warehouse.topics))
    try:
        loop.run(source, warehouse, stop)
    finally:
        store.close()
        _log.info("stopped", stream=stream, rows_refused=store.refused)
