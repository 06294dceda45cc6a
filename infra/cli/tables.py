"""What PostgreSQL tells of a stream: drift, decisions, quality, rejected records. One function a question."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import psycopg
from psycopg.rows import class_row, scalar_row

from infra import postgres
from infra.postgres.connection import Connection
from schemas.errors import Unavailable
from schemas.reference import OUTCOMES

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Shift:
    """A feature in the pane judged last, in the window where it moved most. `effect` and `missing` are shares."""

    feature: str
    pane_end: datetime
    version: int
    window_panes: int
    n: int
    effect: float
    p: float
    missing: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Decision:
    """One step of a retrain."""

    retrain: str
    event: str
    step: str
    reason: str
    event_time: datetime
    at: datetime
    version: int | None
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incident:
    """The last word on a shift that is not closed."""

    incident: str
    version: int
    kind: str
    event_time: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Event:
    """A verdict that changed."""

    kind: str
    event_time: datetime


@dataclass(frozen=True, slots=True)
class Quality:
    """How good one version was in one role over one pane."""

    role: str
    version: int
    pane_start: datetime
    labelled: int
    log_loss: float
    brier: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was put aside: why, and where in its source topic."""

    reason: str
    topic: str
    partition: int
    offset: int
    detail: str
    value: bytes | None


@contextmanager
def connect(dsn: str) -> Iterator[Connection]:
    """A connection that asks and changes nothing.

    Raises:
        Unavailable: PostgreSQL does not answer, or has not the tables.
        Refused: it turns us away.
    """
    try:
        with postgres.connect(dsn, application="leeway-look", patience_s=0) as connection:
            connection.autocommit = True
            connection.execute("SET default_transaction_read_only = on")
            yield connection
    except psycopg.errors.UndefinedTable as error:
        raise Unavailable("PostgreSQL has no tables of Leeway yet: `leeway up DECLARATION` makes them") from error
    except psycopg.Error as error:
        raise postgres.unavailable(error) from error


def shifts(connection: Connection, stream: str) -> list[Shift]:
    """Every feature's strongest window of the pane judged last, strongest feature first; without outcomes."""
    return _rows(
        connection,
        Shift,
        """
        WITH last AS (
            SELECT version, pane_end FROM drift WHERE stream = %(stream)s AND feature <> ALL(%(outcomes)s)
            ORDER BY pane_end DESC, version DESC LIMIT 1)
        SELECT * FROM (
            SELECT DISTINCT ON (feature) feature, pane_end, version, window_panes, n, effect, p, missing, verdict
            FROM drift JOIN last USING (version, pane_end) WHERE stream = %(stream)s AND feature <> ALL(%(outcomes)s)
            ORDER BY feature, verdict = 'insufficient', effect DESC) AS strongest
        ORDER BY effect DESC, feature""",
        stream=stream,
        outcomes=list(OUTCOMES),
    )


def decisions(connection: Connection, stream: str, limit: int, *, skipped: bool = True) -> list[Decision]:
    """The last steps of the decision trail, oldest first; without those that were skipped if so asked."""
    newest = _rows(
        connection,
        Decision,
        """
        SELECT retrain, event, step, reason, event_time, at, version, coalesce(figures, '{}') AS figures
        FROM decisions WHERE stream = %(stream)s AND (%(skipped)s OR step <> 'skipped')
        ORDER BY partition DESC, "offset" DESC LIMIT %(limit)s""",
        stream=stream,
        limit=limit,
        skipped=skipped,
    )
    return newest[::-1]


def incident(connection: Connection, stream: str) -> Incident | None:
    """The shift that is open for the version that serves, by its last event."""
    found = _rows(
        connection,
        Incident,
        """
        SELECT incident, version, kind, event_time, sentence FROM drift_events AS event
        WHERE stream = %(stream)s
          AND version = (SELECT version FROM models WHERE stream = %(stream)s ORDER BY "offset" DESC LIMIT 1)
          AND NOT EXISTS (
            SELECT FROM drift_events AS later
            WHERE later.stream = event.stream AND later.incident = event.incident AND later.kind = 'closed')
        ORDER BY event_time DESC LIMIT 1""",
        stream=stream,
    )
    return found[0] if found else None


def events(connection: Connection, stream: str) -> list[Event]:
    """Every change of a verdict, oldest first."""
    query = "SELECT kind, event_time FROM drift_events WHERE stream = %(stream)s ORDER BY event_time, id"
    return _rows(connection, Event, query, stream=stream)


def streams(connection: Connection) -> list[str]:
    """The streams that have rows."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute("SELECT stream FROM models UNION SELECT stream FROM positions ORDER BY 1").fetchall()


def serving(connection: Connection, stream: str) -> int | None:
    """The version that was put in charge last."""
    query = 'SELECT version FROM models WHERE stream = %s ORDER BY "offset" DESC LIMIT 1'
    with connection.cursor(row_factory=scalar_row) as cursor:
        found: int | None = cursor.execute(query, (stream,)).fetchone()
    return found


def qualities(connection: Connection, stream: str) -> list[Quality]:
    """The quality of every role and version in every pane that has labels, oldest first."""
    return _rows(
        connection,
        Quality,
        """
        SELECT role, version, pane_start, labelled, log_loss, brier, accuracy FROM performance
        WHERE stream = %(stream)s AND labelled > 0 ORDER BY pane_start, role, version""",
        stream=stream,
    )


def rejected(connection: Connection, stream: str, limit: int, reason: str | None) -> list[Rejected]:
    """The records put aside last, newest last."""
    newest = _rows(
        connection,
        Rejected,
        """
        SELECT reason, topic, partition, "offset", coalesce(detail, '') AS detail, value FROM rejected
        WHERE stream = %(stream)s AND (%(reason)s::text IS NULL OR reason = %(reason)s)
        ORDER BY at DESC, topic DESC, partition DESC, "offset" DESC LIMIT %(limit)s""",
        stream=stream,
        limit=limit,
        reason=reason,
    )
    return newest[::-1]


def _rows(connection: Connection, kind: type[Row], query: str, **given: Any) -> list[Row]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query.encode(), given).fetchall()
