"""Asks PostgreSQL and the topics about one sample."""

import re

import psycopg

from infra.cli import tables
from infra.cli.trace import stored, topic
from infra.cli.trace.found import Aside, Incident, Labelled, Pane, Record, Reign, Scored, Trace, Window
from infra.postgres.connection import Connection
from infra.settings import Settings
from schemas.topics import Topics

_PLACE = re.compile(r"(\d{1,9})-(\d{1,18})")
"""The id of a sample that has none of its own: its partition and offset."""


def ask(settings: Settings, stream: str, name: str) -> Trace:
    """Everything that is known of the sample with this id.

    Raises:
        Unavailable: PostgreSQL or Kafka does not answer.
    """
    topics, looked = Topics(stream), []
    with tables.connect(settings.postgres) as connection:
        predictions, labels = _rows(connection, stream, name)
        aside = stored.at(connection, stream, _places(topics, name, predictions))
        looked += [_told("predictions", predictions), _told("labels", labels)]
        if not predictions and not aside:
            aside = stored.naming(connection, stream, name)
            looked.append(_told("rejected", aside))
        passed = stored.passed(connection, stream)
        known = _story(connection, stream, predictions[0]) if predictions else (None, [], [], None)
    records, later = [topic.record(settings.kafka, *place) for place in _of(topics, predictions, aside)], []
    if not records:
        later = topic.unread(settings.kafka, stream, name, passed)
        records = topic.recent(settings.kafka, topics.samples, name)
        looked += [
            f"the last {topic.RECENT:,} records of each partition of {where}: {len(found) or 'none'}"
            for where, found in ((f"{topics.rejected} and {topics.late}", later), (topics.samples, records))
        ]
    pane, windows, incidents, reign = known
    return Trace(
        id=name, stream=stream, records=records, predictions=predictions, labels=labels, aside=[*aside, *later],
        pane=pane, windows=windows, incidents=incidents, reign=reign, looked=looked,
    )  # fmt: skip


def _rows(connection: Connection, stream: str, name: str) -> tuple[list[Scored], list[Labelled]]:
    """What has the id; an id with NUL can be in none of the tables."""
    try:
        return stored.predictions(connection, stream, name), stored.labels(connection, stream, name)
    except psycopg.DataError:
        return [], []


def _story(
    connection: Connection, stream: str, scored: Scored
) -> tuple[Pane | None, list[Window], list[Incident], Reign | None]:
    """The pane, its windows, the incidents and the version of what was scored."""
    reign = stored.reign(connection, stream, scored.version)
    pane = stored.pane(connection, stream, scored.version, scored.ts)
    if pane is None:
        return None, [], [], reign
    windows = stored.windows(connection, stream, scored.version, pane)
    reach = max([pane.end, *(one.end for one in windows)])
    return pane, windows, stored.incidents(connection, stream, scored.version, pane, reach), reign


def _places(topics: Topics, name: str, predictions: list[Scored]) -> list[stored.Place]:
    """Where its sample was received: as predictions say, and as an id that is a place says."""
    found = [(topics.samples, one.partition, one.offset) for one in predictions]
    place = _PLACE.fullmatch(name)
    return [*found, (topics.samples, int(place[1]), int(place[2]))] if place else found


def _of(topics: Topics, predictions: list[Scored], aside: list[Aside]) -> list[stored.Place]:
    """The places of the records to show, each once."""
    found = [(topics.samples, one.partition, one.offset) for one in predictions]
    return list(dict.fromkeys([*found, *((one.topic, one.partition, one.offset) for one in aside)]))


def _told(table: str, found: list[Scored] | list[Labelled] | list[Aside] | list[Record]) -> str:
    return f"PostgreSQL, table {table}: {len(found) or 'none'}"
