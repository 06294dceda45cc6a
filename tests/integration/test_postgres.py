"""Connections and migrations on a real PostgreSQL."""

import threading
import uuid

import psycopg
import pytest

from infra.embedded import Endpoints
from infra.postgres import connect, migrate
from infra.postgres.migration import Migration, packaged
from schemas.errors import Refused, Unavailable
from support.streams import database


@pytest.fixture
def dsn(servers: Endpoints) -> str:
    return database(servers.postgres, f"m{uuid.uuid4().hex[:10]}")


def tables(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        return {name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}


def test_migrating_twice_applies_each_file_once(dsn: str) -> None:
    assert migrate(dsn) == [migration.name for migration in packaged()]
    assert migrate(dsn) == []
    assert tables(dsn) >= {"predictions", "labels", "rejected", "late", "positions", "schema_migrations"}


def test_processes_that_start_together_migrate_once(dsn: str) -> None:
    applied: list[list[str]] = []
    threads = [threading.Thread(target=lambda: applied.append(migrate(dsn))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(map(len, applied)) == [0, 0, 0, len(packaged())]


def test_an_altered_file_and_a_newer_database_are_refused_and_change_nothing(dsn: str) -> None:
    first, second = Migration("0001_a.sql", "CREATE TABLE a (x int)"), Migration("0002_b.sql", "CREATE TABLE b (x int)")
    migrate(dsn, files=(first, second))
    before = tables(dsn)
    with pytest.raises(Refused, match="altered"):
        migrate(dsn, files=(Migration(first.name, "CREATE TABLE c (x int)"), second))
    with pytest.raises(Refused, match="newer program"):
        migrate(dsn, files=(first,))
    assert tables(dsn) == before


def test_a_file_that_fails_leaves_nothing_of_itself(dsn: str) -> None:
    good, bad = (
        Migration("0001_a.sql", "CREATE TABLE a (x int)"),
        Migration("0002_b.sql", "CREATE TABLE b (x int); BOOM"),
    )
    with pytest.raises(psycopg.errors.SyntaxError):
        migrate(dsn, files=(good, bad))
    assert tables(dsn) == {"a", "schema_migrations"}
    assert migrate(dsn, files=(good, Migration(bad.name, "CREATE TABLE b (x int)"))) == [bad.name]


def test_times_are_utc_and_waits_are_limited(dsn: str) -> None:
    with connect(dsn, application="me") as connection:
        names = ("timezone", "statement_timeout", "lock_timeout", "application_name")
        assert [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names] == [
            ("UTC",), ("1min",), ("30s",), ("me",),
        ]  # fmt: skip


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(Unavailable, match=r"PostgreSQL at 127.0.0.1:1/none does not answer") as caught:
        connect("postgresql://me:secret@127.0.0.1:1/none", patience_s=0)
    assert "secret" not in str(caught.value)


def test_a_missing_database_and_a_broken_address_are_refused(servers: Endpoints) -> None:
    with pytest.raises(Refused, match="does not exist"):
        connect(psycopg.conninfo.make_conninfo(servers.postgres, dbname="nothing_here"), patience_s=0)
    with pytest.raises(Refused, match="cannot be read"):
        connect("postgres of mine", patience_s=0)
