"""Rows of a table as a Parquet file, read and written in pieces."""

from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Composed, Identifier

from infra.postgres import unavailable
from infra.postgres.connection import Connection
from infra.upkeep.stores import Store
from schemas.errors import Refused

PIECE = 20_000
"""Rows that are in memory at a time."""


def export(
    connection: Connection, stream: str, store: Store, target: Path, since: datetime | None, until: datetime | None
) -> int:
    """Writes the rows with since <= time < until, whole or not at all; how many there are.

    Raises:
        Refused: the file is no .parquet, or cannot be written.
        Unavailable: PostgreSQL is away; there is no file then.
    """
    if target.suffix != ".parquet":
        raise Refused(f"{target}: rows are written as .parquet")
    part = target.with_name(f"{target.name}.part")
    try:
        count = _write(connection, stream, store, part, since, until)
        part.replace(target)
    except psycopg.Error as error:
        raise unavailable(error) from error
    except OSError as error:
        raise Refused(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def _write(
    connection: Connection, stream: str, store: Store, part: Path, since: datetime | None, until: datetime | None
) -> int:
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only this writes files
    from pyarrow import parquet  # noqa: PLC0415 - as above

    columns, count = _columns(connection, store), 0
    schema = pa.schema([(name, getattr(pa, kind)(*given)) for name, (kind, given, _) in columns.items()])
    with connection.transaction(), connection.cursor("export") as cursor, parquet.ParquetWriter(part, schema) as writer:
        connection.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(_query(store, columns, since, until), [stream, *(one for one in (since, until) if one)])
        while rows := cursor.fetchmany(PIECE):
            arrays = [
                pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
            count += len(rows)
    return count


def _query(store: Store, columns: dict[str, Any], since: datetime | None, until: datetime | None) -> Composed:
    names = SQL(", ").join(
        SQL("{}::text").format(Identifier(name)) if text else Identifier(name) for name, (_, _, text) in columns.items()
    )
    query = SQL("SELECT {} FROM {} WHERE stream = %s").format(names, Identifier(store.name))
    for moment, sign in ((since, SQL(">=")), (until, SQL("<"))):
        if moment is not None:
            query += SQL(" AND {} {} %s").format(Identifier(store.time), sign)
    return query + SQL(" ORDER BY {}").format(SQL(", ").join(map(Identifier, (store.time, *store.groups))))


_ARROW: dict[str, tuple[str, tuple[object, ...], bool]] = {
    "integer": ("int32", (), False),
    "bigint": ("int64", (), False),
    "double precision": ("float64", (), False),
    "text": ("string", (), False),
    "bytea": ("binary", (), False),
    "timestamp with time zone": ("timestamp", ("us", "UTC"), False),
    "json": ("string", (), True),
    "jsonb": ("string", (), True),
}
"""Type of a column -> Arrow's, and whether PostgreSQL makes a text of it."""


def _columns(connection: Connection, store: Store) -> dict[str, tuple[str, tuple[object, ...], bool]]:
    found = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s ORDER BY ordinal_position",
        (store.name,),
    ).fetchall()
    return {str(name): _ARROW[str(kind)] for name, kind in found}
