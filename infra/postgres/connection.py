"""Connections with limits on every wait; a server that is away is waited for."""

from collections.abc import Callable
from time import sleep

import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra.backoff import patiently
from infra.kafka import PATIENCE_S
from schemas.errors import LeewayError, Refused, Unavailable

Connection = psycopg.Connection[tuple[object, ...]]
_LIMITS = "-c statement_timeout=60000 -c lock_timeout=30000 -c idle_in_transaction_session_timeout=120000"
_REFUSED = ("authentication failed", "no pg_hba.conf entry", "no password supplied", "does not exist")


def connect(
    dsn: str,
    *,
    application: str = "leeway",
    patience_s: float = PATIENCE_S,
    pause: Callable[[float], object] = sleep,
) -> Connection:
    """An open connection, its times in UTC; statements end after 60 s and waits for locks after 30 s.

    Args:
        dsn: a libpq connection string or URL.
        application: what the server's own views call this connection.
        patience_s: how long a server that is away is waited for.
        pause: waits that many seconds; something true gives up at once.

    Raises:
        Refused: the string is not a connection string, or the server turns this user or database away.
        Unavailable: the server did not answer in `patience_s`.
    """
    return patiently(lambda: _open(dsn, application), patience_s=patience_s, pause=pause)


def unavailable(error: psycopg.Error, place: str = "PostgreSQL") -> Unavailable:
    """The error of a lost or refusing server as ours; `place` is what the message calls the server."""
    reason = " ".join(str(error).split()) or type(error).__name__
    return Unavailable(f"{place} does not answer: {reason}. Is it running, and has it disk space and free connections?")


def _open(dsn: str, application: str) -> Connection:
    place = _place(dsn)
    try:
        return psycopg.connect(
            dsn,
            connect_timeout=10,
            application_name=application,
            options=f"{_LIMITS} -c timezone=UTC",
            tcp_user_timeout=30_000,
            keepalives_idle=15,
        )
    except psycopg.OperationalError as error:
        raise _judged(error, place) from error


def _judged(error: psycopg.OperationalError, place: str) -> LeewayError:
    text = str(error)
    if any(mark in text for mark in _REFUSED) and "No such file" not in text:
        return Refused(
            f"{place} turns us away: {' '.join(text.split())}. Correct LEEWAY_POSTGRES or create what is missing"
        )
    return unavailable(error, place)


def _place(dsn: str) -> str:
    """Host, port and database, without the password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise Refused(
            "The address of PostgreSQL cannot be read: write postgresql://USER@HOST:PORT/DATABASE or key=value pairs"
        ) from error
    host, port, name = (parts.get(key) or "default" for key in ("host", "port", "dbname"))
    return f"PostgreSQL at {host}:{port}/{name}"
