"""One retrainer a stream: a PostgreSQL advisory lock, held by a connection of its own for the life of the process."""

from collections.abc import Callable

import psycopg
import structlog

from infra.postgres import unavailable
from infra.postgres.connection import Connection
from schemas.errors import Fatal

_log = structlog.get_logger()


class Lock:
    """Ends with its connection, so a process that is killed frees it."""

    def __init__(self, connection: Connection, stream: str) -> None:
        self._connection, self._stream = connection, stream
        connection.autocommit = True

    def acquire(self, pause: Callable[[float], object]) -> bool:
        """Waits as standby until the lock is free; False if `pause` said to give up.

        Raises:
            Unavailable: PostgreSQL went away.
        """
        waiting = False
        while not self._try():
            if not waiting:
                _log.info(
                    "standby", reason=f"another process retrains {self._stream}; this one takes over when it ends"
                )
                waiting = True
            if pause(0.5):
                return False
        return True

    def check(self) -> None:
        """Makes sure that the lock is still held.

        Raises:
            Fatal: its connection was lost, so another process may have it now.
        """
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error as error:
            raise Fatal(
                f"The lock of {self._stream}'s retrainer was lost with its connection ({error}). This process ends, "
                "since another may be retraining; started again, it goes on from the decisions"
            ) from error

    def _try(self) -> bool:
        try:
            row = self._connection.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", (f"leeway.retrainer.{self._stream}",)
            ).fetchone()
        except psycopg.Error as error:
            raise unavailable(error) from error
        return bool(row and row[0])
