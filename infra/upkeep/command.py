"""`leeway purge`: looks, says, deletes, and leaves a note of it."""

import sys
from collections.abc import Sequence
from datetime import datetime

import psycopg

from infra.postgres import connect, migrate, unavailable
from infra.postgres.connection import Connection
from infra.settings import Settings
from infra.upkeep import purge as batches
from infra.upkeep.stores import Store


def purge(settings: Settings, stream: str, stores: Sequence[Store], before: datetime, *, dry_run: bool) -> None:
    """One line a table: how many rows are, or would be, gone.

    Raises:
        Unavailable: PostgreSQL is away; what was deleted stays deleted, and the command can be given again.
    """
    migrate(settings.postgres)
    with connect(settings.postgres, application="leeway-purge", patience_s=0) as connection:
        connection.autocommit = True
        connection.execute("SET statement_timeout = 0")
        for store in stores:
            _one(connection, stream, store, before, dry_run=dry_run)


def _one(connection: Connection, stream: str, store: Store, before: datetime, *, dry_run: bool) -> None:
    ranges = batches.old(connection, stream, store, before)
    count = sum(one.rows for one in ranges)
    if dry_run or not count:
        sys.stdout.write(f"{store.name}: {count:,} rows before {before:%Y-%m-%d %H:%M}{' would go' if count else ''}\n")
        return
    deleted = batches.purge(connection, stream, store, before, ranges)
    try:
        connection.execute(
            "INSERT INTO purges (stream, table_name, before, rows) VALUES (%s, %s, %s, %s)",
            (stream, store.name, before, deleted),
        )
    except psycopg.Error as error:
        raise unavailable(error) from error
    sys.stdout.write(f"{store.name}: {deleted:,} rows before {before:%Y-%m-%d %H:%M} are gone\n")
