"""What PostgreSQL knows of a sample. One function a question."""

from datetime import datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct
from psycopg.rows import dict_row

from infra.cli.trace.found import Aside, Incident, Labelled, Pane, Reign, Scored, Window
from infra.postgres.connection import Connection
from schemas.reference import OUTCOMES, named

T = TypeVar("T", bound=Struct)
Place = tuple[str, int, int]
"""Topic, partition, offset."""


def predictions(connection: Connection, stream: str, name: str) -> list[Scored]:
    """By id; of several samples with one id the first counts."""
    query = """
        SELECT partition, "offset", ts, version, score, class AS label, shadow, features::text AS features
        FROM predictions WHERE stream = %(stream)s AND id = %(id)s ORDER BY ts, partition, "offset" """
    return _rows(connection, Scored, query, stream=stream, id=name)


def labels(connection: Connection, stream: str, name: str) -> list[Labelled]:
    """By id, in the order in which they became known: the last one counts."""
    query = """
        SELECT partition, "offset", ts, label FROM labels
        WHERE stream = %(stream)s AND id = %(id)s ORDER BY ts, partition, "offset" """
    return _rows(connection, Labelled, query, stream=stream, id=name)


def at(connection: Connection, stream: str, places: list[Place]) -> list[Aside]:
    """What was put aside of these places, in `rejected` and `late`."""
    query = """
        SELECT 'rejected' AS "table", topic, partition, "offset", reason, detail, at FROM rejected
        WHERE stream = %(stream)s AND (topic, partition, "offset") IN (
            SELECT * FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(offsets)s::bigint[]))
        UNION ALL
        SELECT 'late', topic, partition, "offset", reason, detail, at FROM late
        WHERE stream = %(stream)s AND (topic, partition, "offset") IN (
            SELECT * FROM unnest(%(topics)s::text[], %(partitions)s::int[], %(offsets)s::bigint[]))"""
    topics, partitions, offsets = (list(part) for part in zip(*places, strict=True)) if places else ([], [], [])
    return _rows(connection, Aside, query, stream=stream, topics=topics, partitions=partitions, offsets=offsets)


def naming(connection: Connection, stream: str, name: str) -> list[Aside]:
    """What was rejected and has the id as its key, or in quotes among its bytes: there is no index for that."""
    query = """
        SELECT 'rejected' AS "table", topic, partition, "offset", reason, detail, at FROM rejected
        WHERE stream = %(stream)s AND (key = %(key)s OR position(%(quoted)s IN value) > 0)
        ORDER BY topic, partition, "offset" LIMIT 20"""
    key = name.encode("utf-8", "surrogateescape")
    return _rows(connection, Aside, query, stream=stream, key=key, quoted=b'"' + key + b'"')


def pane(connection: Connection, stream: str, version: int, ts: int) -> Pane | None:
    """The one that holds this event time, as measured of this version."""
    query = """
        SELECT pane_start AS start, pane_end AS "end", predictions, labelled, log_loss, accuracy FROM performance
        WHERE stream = %(stream)s AND version = %(version)s
          AND pane_start <= to_timestamp(%(ts)s / 1000.0) AND pane_end > to_timestamp(%(ts)s / 1000.0)
        ORDER BY role LIMIT 1"""
    found = _rows(connection, Pane, query, stream=stream, version=version, ts=ts)
    return found[0] if found else None


def windows(connection: Connection, stream: str, version: int, held: Pane) -> list[Window]:
    """Windows that hold the pane: those that end with it, and those in which something drifted."""
    query = """
        SELECT window_panes AS panes, pane_end AS "end", count(*) AS columns, max(effect) AS effect,
               coalesce(array_agg(feature ORDER BY effect DESC) FILTER (WHERE verdict = 'drifted'), '{}') AS drifted
        FROM drift
        WHERE stream = %(stream)s AND version = %(version)s AND feature <> ALL(%(outcomes)s)
          AND pane_end >= to_timestamp(%(end)s / 1000.0)
          AND pane_end < to_timestamp((%(end)s + window_panes * (%(end)s - %(start)s)) / 1000.0)
        GROUP BY window_panes, pane_end
        HAVING bool_or(verdict = 'drifted') OR pane_end = to_timestamp(%(end)s / 1000.0)
        ORDER BY pane_end, window_panes"""
    given = {"stream": stream, "version": version, "start": held.start, "end": held.end, "outcomes": list(OUTCOMES)}
    found = _rows(connection, Window, query, **given)
    return [msgspec.structs.replace(one, drifted=[named(name) for name in one.drifted]) for one in found]


def incidents(connection: Connection, stream: str, version: int, held: Pane, reach: int) -> list[Incident]:
    """The events until `reach` (epoch ms) of incidents about this version that were not closed when the pane began."""
    query = """
        SELECT incident, subject, kind, event_time, sentence FROM drift_events AS event
        WHERE stream = %(stream)s AND version = %(version)s AND event_time <= to_timestamp(%(reach)s / 1000.0)
          AND NOT EXISTS (
            SELECT FROM drift_events AS closed WHERE closed.stream = event.stream
              AND closed.incident = event.incident AND closed.kind = 'closed'
              AND closed.event_time <= to_timestamp(%(start)s / 1000.0))
        ORDER BY event_time, id"""
    return _rows(connection, Incident, query, stream=stream, version=version, start=held.start, reach=reach)


def reign(connection: Connection, stream: str, version: int) -> Reign | None:
    """How this version was put in charge for the first time."""
    query = """
        SELECT version, at, previous AS replaced, retrain,
               coalesce(
                 (SELECT reason FROM decisions WHERE decisions.stream = model.stream
                  AND decisions.retrain = model.retrain AND step = 'rolling_back'
                  AND decisions.version = model.version ORDER BY decisions."offset" DESC LIMIT 1),
                 (SELECT reason FROM decisions WHERE decisions.stream = model.stream
                  AND decisions.retrain = model.retrain AND step IN ('requested', 'started', 'accepted')
                  ORDER BY decisions."offset" LIMIT 1)) AS cause,
               (SELECT reason FROM decisions WHERE decisions.stream = model.stream AND decisions.retrain = model.retrain
                AND step IN ('trained', 'gated') ORDER BY decisions."offset" DESC LIMIT 1) AS proof
        FROM models AS model WHERE stream = %(stream)s AND version = %(version)s ORDER BY "offset" LIMIT 1"""
    found = _rows(connection, Reign, query, stream=stream, version=version)
    return found[0] if found else None


def passed(connection: Connection, stream: str) -> dict[tuple[str, int], int]:
    """Up to where the tables hold each partition of each topic."""
    found = connection.execute("SELECT topic, partition, next FROM positions WHERE stream = %s", (stream,)).fetchall()
    return {(str(topic), int(str(partition))): int(str(reached)) for topic, partition, reached in found}


def _rows(connection: Connection, kind: type[T], query: str, **given: Any) -> list[T]:
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(query.encode(), given).fetchall()
    return [msgspec.convert({name: _plain(value) for name, value in row.items()}, kind) for row in found]


def _plain(value: Any) -> Any:
    """Times as epoch milliseconds."""
    return round(value.timestamp() * 1000) if isinstance(value, datetime) else value
