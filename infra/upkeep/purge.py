"""Throws old rows away, in batches that each take a moment and lock nothing that others need."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from infra.postgres import unavailable
from infra.postgres.connection import Connection
from infra.upkeep.stores import Store

BATCH = 20_000
"""Offsets, or rows, of one statement: some tenths of a second."""


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of one table that are too old, from `low` to `high` along its offsets."""

    group: tuple[object, ...]
    low: int
    high: int
    rows: int


def old(connection: Connection, stream: str, store: Store, before: datetime) -> list[Range]:
    """What there is to throw away; looks at every row, since not every table has an index by time.

    Raises:
        Unavailable: PostgreSQL is away.
    """
    walk = SQL("min({0}), max({0})").format(Identifier(store.walk)) if store.walk else SQL("0, 0")
    groups = SQL("").join(SQL("{}, ").format(Identifier(name)) for name in store.groups)
    by = SQL("GROUP BY {}").format(SQL(", ").join(map(Identifier, store.groups))) if store.groups else SQL("")
    query = SQL("SELECT {}{}, count(*) FROM {} WHERE stream = %s AND {} < %s {}").format(
        groups, walk, Identifier(store.name), Identifier(store.time), by
    )
    try:
        rows = connection.execute(query, (stream, before)).fetchall()
    except psycopg.Error as error:
        raise unavailable(error) from error
    found = [Range(row[:-3], int(str(row[-3] or 0)), int(str(row[-2] or 0)), int(str(row[-1]))) for row in rows]
    return [one for one in found if one.rows]


def purge(connection: Connection, stream: str, store: Store, before: datetime, ranges: list[Range]) -> int:
    """Deletes the rows of these ranges; how many there were. Broken off, it is simply done again.

    Args:
        connection: commits each statement by itself.
        stream: whose rows.
        store: of which table.
        before: rows from here on stay, late ones among old offsets too.
        ranges: from `old`.

    Raises:
        Unavailable: PostgreSQL is away; what was deleted stays deleted.
    """
    deleted = 0
    for query, given in _statements(stream, store, before, ranges):
        try:
            deleted += connection.execute(query, given).rowcount
        except psycopg.Error as error:
            raise unavailable(error) from error
    return deleted


def _statements(
    stream: str, store: Store, before: datetime, ranges: list[Range]
) -> Iterator[tuple[Composed, list[object]]]:
    where = SQL("DELETE FROM {} WHERE stream = %s AND {} < %s").format(Identifier(store.name), Identifier(store.time))
    if store.walk is None:
        yield where, [stream, before]
        return
    same = SQL("").join(SQL(" AND {} = %s").format(Identifier(name)) for name in store.groups)
    step = SQL(" AND {0} >= %s AND {0} < %s").format(Identifier(store.walk))
    for one in ranges:
        for start in range(one.low, one.high + 1, BATCH):
            yield where + same + step, [stream, before, *one.group, start, start + BATCH]
