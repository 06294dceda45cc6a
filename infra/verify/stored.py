"""What PostgreSQL holds of one partition, all as of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from infra.postgres.connection import Connection
from infra.verify.rows import NEVER, Flags, Numbers
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Stored:
    """Rows of a stream. Rows and the positions reached are written together, so one snapshot tells which rows are due.

    Its functions raise psycopg.Error where the server is away.
    """

    connection: Connection
    topics: Topics

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """All that is asked within is as of its beginning; it may last as long as the topics take to be read."""
        with self.connection.transaction():
            self.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self.connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            yield

    def passed(self, topic: str, partition: int) -> int:
        """Up to where the tables hold this partition of a topic."""
        found = self.connection.execute(
            "SELECT next FROM positions WHERE stream = %s AND topic = %s AND partition = %s",
            (self.topics.stream, topic, partition),
        ).fetchone()
        return int(str(found[0])) if found else 0

    def scored(self, partition: int, start: int, stop: int) -> Numbers:
        """The samples that have a row of predictions: int64 (n,)."""
        return self._offsets(
            'SELECT "offset" FROM predictions WHERE stream = %s AND partition = %s'
            ' AND "offset" >= %s AND "offset" < %s',
            self.topics.stream, partition, start, stop,
        )  # fmt: skip

    def rejected(self, partition: int, start: int, stop: int) -> Numbers:
        """The samples that have a row of rejected: int64 (n,)."""
        return self._offsets(
            'SELECT DISTINCT "offset" FROM rejected WHERE stream = %s AND topic = %s AND partition = %s'
            ' AND "offset" >= %s AND "offset" < %s',
            self.topics.stream, self.topics.samples, partition, start, stop,
        )  # fmt: skip

    def earlier(self, partition: int, names: list[str], sources: Numbers) -> Flags:
        """Whether each id was predicted for a sample of the partition before the one at `sources`: bool (n,)."""
        found = self.connection.execute(
            'SELECT id, min("offset") FROM predictions WHERE stream = %s AND partition = %s'
            " AND id = ANY(%s) GROUP BY id",
            (self.topics.stream, partition, [name for name in set(names) if "\0" not in name]),
        ).fetchall()
        first = {str(name): int(str(offset)) for name, offset in found}
        return np.array([first.get(name, NEVER) for name in names], np.int64) < sources

    def _offsets(self, query: str, *given: object) -> Numbers:
        with self.connection.cursor(binary=True) as cursor:
            found = cursor.execute(query.encode(), given).fetchall()
        return np.array(found, np.int64).reshape(-1)
