"""A database of its own on the shared PostgreSQL, for what changes all of one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier


@contextmanager
def database(dsn: str) -> Iterator[str]:
    """Its address; it is dropped at the end."""
    name = f"test{uuid4().hex[:10]}"
    with closing(psycopg.connect(dsn, autocommit=True)) as connection:
        connection.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        try:
            yield make_conninfo(dsn, dbname=name)
        finally:
            connection.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def rows(dsn: str, query: str, *given: object) -> list[tuple[object, ...]]:
    """The rows of a query, or none of a statement."""
    with psycopg.connect(dsn) as connection:
        cursor = connection.execute(query.encode(), given)
        return cursor.fetchall() if cursor.description else []
