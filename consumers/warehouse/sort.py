"""A batch of messages -> rows by table, each with the message it came from; what cannot be decoded is put aside."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from confluent_kafka import Message

from consumers.warehouse import rows, tables
from consumers.warehouse.rows import Row
from consumers.warehouse.table import Table
from schemas.topics import Topics

_log = structlog.get_logger()


@dataclass(slots=True)
class Rows:
    """Rows of one table and, at the same index, their messages."""

    rows: list[Row] = field(default_factory=list)
    origins: list[Message] = field(default_factory=list)

    def add(self, row: Row, origin: Message) -> None:
        """Appends one."""
        self.rows.append(row)
        self.origins.append(origin)

    def halves(self) -> tuple["Rows", "Rows"]:
        """The first and the second half."""
        middle = len(self.rows) // 2
        first, second = slice(None, middle), slice(middle, None)
        return Rows(self.rows[first], self.origins[first]), Rows(self.rows[second], self.origins[second])


@dataclass(frozen=True, slots=True)
class Route:
    """How one topic's messages become rows; a `compacted` topic has empty messages, which delete a key."""

    table: Table
    build: Callable[[Message], Row | None]
    compacted: bool = False


def routes(stream: str) -> dict[str, Route]:
    """The route of each topic that is written."""
    names = Topics(stream)
    return {
        names.predictions: Route(tables.PREDICTIONS, rows.prediction),
        names.labels: Route(tables.LABELS, rows.label),
        names.rejected: Route(tables.REJECTED, rows.aside),
        names.late: Route(tables.LATE, rows.aside),
        names.drift: Route(tables.DRIFT, rows.drift),
        names.drift_events: Route(tables.DRIFT_EVENTS, rows.event),
        names.budget: Route(tables.BUDGET, rows.budget),
        names.performance: Route(tables.PERFORMANCE, rows.performance, compacted=True),
        names.decisions: Route(tables.DECISIONS, rows.decision),
        names.requests: Route(tables.REQUESTS, rows.request),
        names.models: Route(tables.MODELS, rows.model, compacted=True),
        names.served: Route(tables.SERVED, rows.served),
    }


def sort(messages: Iterable[Message], by_topic: Mapping[str, Route]) -> dict[str, Rows]:
    """Rows by name of table; a message of which no row can be made becomes a row of `rejected`."""
    found: dict[str, Rows] = {}
    for message in messages:
        route = by_topic[message.topic() or ""]
        if route.compacted and message.value() is None:
            continue
        table = route.table.name
        try:
            row = route.build(message)
        except (ValueError, KeyError, RecursionError) as error:
            # msgspec's errors are ValueErrors, as are broken UTF-8 and a source that does not split
            row, table = rows.undecodable(message, error), tables.REJECTED.name
            _log.warning(
                "undecodable", topic=row[0], partition=row[1], offset=row[2], error=row[4], put="into rejected"
            )
        if row is not None:
            found.setdefault(table, Rows()).add(row, message)
    return found
