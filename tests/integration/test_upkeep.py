"""What is stored is taken out, thrown away by age, backed up and restored, and migrated with its rows."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from mlflow.tracking import MlflowClient
from pyarrow import parquet
from typer.testing import CliRunner

from infra import postgres
from infra.cli.__main__ import app
from infra.embedded import Endpoints
from infra.postgres.migration import packaged
from infra.upkeep import backup, purge
from infra.upkeep.stores import STORES
from support.database import database, rows

START = datetime(2013, 1, 1, tzinfo=UTC)
COUNT = 300


@pytest.fixture(scope="module")
def kept(servers: Endpoints) -> Iterator[str]:
    """A database with the tables and a stream of so many samples, one an hour; nobody changes it."""
    with database(servers.postgres) as made:
        postgres.migrate(made)
        fill(made)
        yield made


@pytest.fixture
def dsn(servers: Endpoints) -> Iterator[str]:
    """Such a database to be changed."""
    with database(servers.postgres) as made:
        postgres.migrate(made)
        fill(made)
        yield made


def fill(dsn: str) -> None:
    """As the warehouse would, and labels at the time of their samples."""
    for query in (
        """INSERT INTO predictions SELECT 's', n %% 3, n / 3, 'n' || n, %s + n * interval '1 hour', 1, 0.5, 1,
           '{"1": 0.25}', '{"x": 1}' FROM generate_series(0, %s) AS n""",
        """INSERT INTO labels SELECT 's', n %% 3, n / 3, 'n' || n, %s + n * interval '1 hour', 1
           FROM generate_series(0, %s) AS n""",
        """INSERT INTO rejected SELECT 's', 's.samples', n %% 3, n / 3, 'not_json', 'why', '\\x006b', '\\xff',
           %s + n * interval '1 hour' FROM generate_series(0, %s) AS n""",
        """INSERT INTO decisions SELECT 's', 0, n, 'r', 'e', 'skipped', 'why', at, at, NULL, '{}'
           FROM generate_series(%s, %s + %s * interval '1 hour', interval '1 hour') WITH ORDINALITY AS hours (at, n)""",
    ):
        times = query.count("%s") - 1
        rows(dsn, query, *[START] * times, COUNT - 1)
    rows(dsn, "INSERT INTO positions VALUES ('s', 's.labels', 0, 100)")


def leeway(dsn: str, home: Path, *words: str, code: int = 0) -> str:
    """A command on this database; no Kafka is needed for it."""
    environment = {"COLUMNS": "160", "LEEWAY_KAFKA": "127.0.0.1:1", "LEEWAY_MLFLOW": "http://127.0.0.1:1"}
    given = environment | {"LEEWAY_POSTGRES": dsn, "LEEWAY_HOME": str(home)}
    result = CliRunner().invoke(app, list(words), env=given)
    assert result.exit_code == code, result.output
    return result.output


def count(dsn: str, table: str) -> int:
    return int(str(rows(dsn, f"SELECT count(*) FROM {table}")[0][0]))  # noqa: S608 - names of this test


def test_what_is_exported_is_what_stands_there(kept: str, tmp_path: Path) -> None:
    target = tmp_path / "predictions.parquet"
    words = ("export", "predictions", str(target), "--stream", "s", "--since", "2013-01-02", "--until", "2013-01-03")
    assert "24 rows of predictions" in leeway(kept, tmp_path, *words)
    found = parquet.read_table(target)
    assert found["id"].to_pylist() == [f"n{number}" for number in range(24, 48)]
    assert found["ts"].to_pylist()[0] == START + timedelta(hours=24)
    assert found["features"].to_pylist()[0] == '{"x": 1}'
    leeway(kept, tmp_path, "export", "rejected", str(tmp_path / "r.parquet"), "--stream", "s")
    assert parquet.read_table(tmp_path / "r.parquet")["value"].to_pylist() == [b"\xff"] * COUNT
    assert "there are predictions, labels" in leeway(
        kept, tmp_path, "export", "x", str(target), "--stream", "s", code=2
    )
    assert "rows are written as .parquet" in leeway(
        kept, tmp_path, "export", "labels", "x.csv", "--stream", "s", code=2
    )
    assert list(tmp_path.glob("*.part")) == []
    refused = leeway(kept, tmp_path, "export", "labels", str(target), "--stream", "t", code=2)
    assert "PostgreSQL holds rows of s. Use --stream" in refused


def test_every_table_can_be_exported(kept: str, tmp_path: Path) -> None:
    query = "SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY ordinal_position"
    for table in STORES:
        target = tmp_path / f"{table}.parquet"
        leeway(kept, tmp_path, "export", table, str(target), "--stream", "s")
        assert parquet.read_table(target).column_names == [name for (name,) in rows(kept, query, table)]


def test_old_rows_are_thrown_away_in_batches_and_the_trail_is_kept(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "BATCH", 7)
    rows(dsn, "INSERT INTO labels VALUES ('s', 0, 10000, 'late', %s, 1), ('other', 0, 0, 'n0', %s, 1)", START, START)
    rows(dsn, "UPDATE labels SET ts = %s WHERE id = 'n3'", START + timedelta(days=99))  # corrected among old ones
    words = ("purge", "--before", "2013-01-05", "--stream", "s")
    assert "predictions: 96 rows before 2013-01-05 00:00 would go" in leeway(dsn, tmp_path, *words, "--dry-run")
    assert count(dsn, "predictions") == COUNT
    said = leeway(dsn, tmp_path, *words)
    assert "labels: 96 rows before 2013-01-05 00:00 are gone" in said
    assert [count(dsn, name) for name in ("predictions", "rejected", "decisions")] == [COUNT - 96, COUNT - 96, COUNT]
    left = {str(name) for (name,) in rows(dsn, "SELECT id FROM labels WHERE stream = 's'")}
    assert left == {"n3"} | {f"n{number}" for number in range(96, COUNT)}
    assert count(dsn, "labels") == COUNT - 95 + 1  # another stream's row is not touched
    noted = rows(dsn, "SELECT table_name, rows FROM purges ORDER BY table_name")
    assert noted == [("labels", 96), ("predictions", 96), ("rejected", 96)]
    assert "predictions: 0 rows" in leeway(dsn, tmp_path, *words)
    leeway(dsn, tmp_path, *words, "--table", "decisions")
    assert count(dsn, "decisions") == COUNT - 96
    assert "not a date in ISO 8601" in leeway(dsn, tmp_path, "purge", "--before", "soon", "--stream", "s", code=2)


def test_a_backup_of_what_runs_is_restored_into_an_empty_deployment(
    servers: Endpoints, kept: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    [home] = {path.resolve() for path in tmp_path_factory.getbasetemp().glob("leeway*/home")}  # of the servers
    elsewhere, folder, name = tmp_path / "elsewhere", tmp_path / "backup", f"m{uuid4().hex[:8]}"
    client = MlflowClient(servers.mlflow)
    client.create_registered_model(name)
    client.log_text(client.create_run(client.create_experiment(name)).info.run_id, "as it was", f"{name}.txt")
    assert "files" in leeway(kept, home, "backup", str(folder))
    assert "exists. Give a folder" in leeway(kept, home, "backup", str(folder), code=2)
    with database(servers.postgres) as empty:
        assert "the warehouse reads on" in leeway(empty, elsewhere, "restore", str(folder))
        for table in ("predictions", "labels", "rejected", "decisions", "positions", "schema_migrations"):
            query = f"SELECT * FROM {table}"  # noqa: S608 - names of this test
            assert sorted(map(str, rows(empty, query))) == sorted(map(str, rows(kept, query)))
        assert postgres.migrate(empty) == []
    with closing(sqlite3.connect(elsewhere / "mlflow" / "mlflow.db")) as again:
        assert again.execute("SELECT name FROM registered_models WHERE name = ?", (name,)).fetchall() == [(name,)]
    [note] = (elsewhere / "mlflow" / "artifacts").rglob(f"{name}.txt")
    assert note.read_text() == "as it was"


def test_a_restore_replaces_only_if_told_and_never_under_a_consumer(dsn: str, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    leeway(dsn, tmp_path, "backup", str(folder))
    rows(dsn, "DELETE FROM predictions WHERE partition = 0")
    rows(dsn, "CREATE TABLE foreign_table (x int)")
    refused = leeway(dsn, tmp_path, "restore", str(folder), code=2)
    assert "--replace throws them away" in refused
    with postgres.connect(dsn, application="s.warehouse"):
        refused = leeway(dsn, tmp_path, "restore", str(folder), "--replace", code=2)
        assert "s.warehouse works on PostgreSQL" in refused
    leeway(dsn, tmp_path, "restore", str(folder), "--replace")
    assert count(dsn, "predictions") == COUNT
    assert count(dsn, "foreign_table") == 0


def test_an_altered_or_half_backup_is_not_restored(kept: str, tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    leeway(kept, tmp_path, "backup", str(folder))
    dump = folder / backup.DUMP
    dump.write_bytes(dump.read_bytes()[:-1])
    assert "postgres.dump is missing or was altered" in leeway(kept, tmp_path, "restore", str(folder), code=2)
    assert "is no backup" in leeway(kept, tmp_path, "restore", str(tmp_path / "nothing"), code=2)
    assert count(kept, "predictions") == COUNT


@pytest.mark.parametrize("done", [1, len(packaged()) - 1])
def test_migrations_keep_the_rows_that_are_there(servers: Endpoints, done: int) -> None:
    files = packaged()
    event = "INSERT INTO drift_events (id, stream, incident, version, kind, event_time, shifts, sentence)"
    with database(servers.postgres) as made:
        postgres.migrate(made, files=files[:done])
        fill(made)
        rows(made, f"{event} VALUES ('e', 's', 'i', 1, 'opened', %s, '[]', 'x moved')", START)
        before = {name: count(made, name) for name in ("predictions", "labels", "rejected", "decisions")}
        assert postgres.migrate(made) == [file.name for file in files[done:]]
        assert {name: count(made, name) for name in before} == before
        assert rows(made, "SELECT subject, sentence FROM drift_events") == [("inputs", "x moved")]


def test_no_migration_throws_anything_away() -> None:
    lost = re.compile(r"\b(DROP TABLE|DROP COLUMN|TRUNCATE|DELETE FROM)\b", re.IGNORECASE)
    assert [file.name for file in packaged() if lost.search(file.text)] == []
