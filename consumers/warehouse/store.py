"""Writes rows and positions in one transaction; a row that PostgreSQL refuses is put aside, the rest is kept."""

from collections.abc import Callable, Mapping

import psycopg
import structlog
from psycopg import errors

from consumers.loop import Place
from consumers.warehouse import rows, tables
from consumers.warehouse.sort import Rows
from consumers.warehouse.table import Table
from infra import postgres
from infra.metrics.catalogue import REFUSED_ROWS
from infra.postgres.connection import Connection

_REFUSES = (psycopg.DataError, psycopg.IntegrityError, errors.ProgramLimitExceeded, OverflowError)
"""What a value can be at fault for: too large, not a number, NUL in a text, a key too long for an index."""
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError)
_POSITIONS = """
INSERT INTO positions (stream, topic, partition, next)
SELECT %s, topic, partition, next FROM unnest(%s::text[], %s::int[], %s::bigint[]) AS reached (topic, partition, next)
ON CONFLICT (stream, topic, partition) DO UPDATE SET next = greatest(positions.next, excluded.next)"""
_log = structlog.get_logger()


class Store:
    """The rows of one stream; connects when it is first used, and anew after a fault."""

    def __init__(self, stream: str, connect: Callable[[], Connection]) -> None:
        self._stream = stream
        self._connect = connect
        self._open: Connection | None = None
        self.refused = 0
        REFUSED_ROWS.live.inc(0)  # told from the start: an alert that has never seen it cannot see it grow

    def position(self, topic: str, partition: int) -> int | None:
        """Up to where the tables hold this partition; None if nothing of it.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        try:
            found = self._connection().execute(
                "SELECT next FROM positions WHERE stream = %s AND topic = %s AND partition = %s",
                (self._stream, topic, partition),
            )
            row = found.fetchone()
            self._connection().rollback()
        except _AWAY as error:
            self.close()
            raise postgres.unavailable(error) from error
        return None if row is None else int(str(row[0]))

    def write(self, batch: Mapping[str, Rows], reached: Mapping[Place, int]) -> None:
        """Everything of the batch, or nothing; writing it again changes nothing.

        Raises:
            Unavailable: PostgreSQL is away.
        """
        try:
            with self._connection().transaction():
                self._rows(batch)
                self._positions(reached)
        except _AWAY as error:
            self.close()
            raise postgres.unavailable(error) from error

    def close(self) -> None:
        """Ends the connection."""
        if self._open is not None:
            self._open.close()
        self._open = None

    def _connection(self) -> Connection:
        if self._open is None:
            self._open = self._connect()
            with self._open.transaction():
                for table in tables.ALL:
                    self._open.execute(table.create)
        return self._open

    def _rows(self, batch: Mapping[str, Rows]) -> None:
        aside = Rows()
        for table in tables.ALL:
            if table.name in batch:
                self._put(table, batch[table.name], aside)
        if aside.rows:
            self._put(tables.REJECTED, aside, Rows())

    def _put(self, table: Table, given: Rows, aside: Rows) -> None:
        """All rows at once; if one is refused, the halves, down to the one: the others cost a few more statements."""
        connection = self._connection()
        try:
            with connection.transaction():
                self._copy(table, given)
        except _REFUSES as error:
            if len(given.rows) > 1:
                for half in given.halves():
                    self._put(table, half, aside)
                return
            self._refuse(table, given, aside, error)

    def _copy(self, table: Table, given: Rows) -> None:
        with self._connection().cursor() as cursor:
            with cursor.copy(table.copy) as copy:
                copy.set_types(table.types)
                for row in given.rows:
                    copy.write_row(row)
            cursor.execute(table.insert, {"stream": self._stream})
            cursor.execute(table.clear)

    def _refuse(self, table: Table, given: Rows, aside: Rows, error: Exception) -> None:
        self.refused += 1
        REFUSED_ROWS.live.inc()
        row = rows.unstorable(given.origins[0], error)
        aside.add(row, given.origins[0])
        _log.warning(
            "row_refused",
            table=table.name,
            topic=row[0],
            partition=row[1],
            offset=row[2],
            error=row[4],
            put="into rejected",
        )

    def _positions(self, reached: Mapping[Place, int]) -> None:
        topics, partitions = [topic for topic, _ in reached], [partition for _, partition in reached]
        self._connection().execute(_POSITIONS, (self._stream, topics, partitions, list(reached.values())))
