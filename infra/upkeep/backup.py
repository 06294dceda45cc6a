"""A backup is a folder: PostgreSQL's dump, MLflow's database and artifacts, and a manifest that says what they are."""

import importlib.metadata
import shutil
import tempfile
import time
from pathlib import Path

import psycopg
from psycopg.sql import SQL, Identifier

from infra.postgres import connect, migrate, unavailable
from infra.postgres.connection import Connection
from infra.settings import Settings
from infra.upkeep import manifest, mlflow, postgres
from infra.upkeep.manifest import Manifest
from schemas.errors import Refused

DUMP, MLFLOW = "postgres.dump", "mlflow"


def backup(settings: Settings, folder: Path) -> Manifest:
    """Writes a backup, whole or not at all. PostgreSQL first: the versions that it names are in MLflow then.

    Raises:
        Refused: there is something at that place, or it cannot be written.
        Unavailable: a server is away.
    """
    if folder.exists():
        raise Refused(f"{folder}: exists. Give a folder that does not, for example one named for the day")
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir(mode=0o700, parents=True)
        with connect(settings.postgres, patience_s=0) as connection:
            names = postgres.tables(connection)
        postgres.dump(settings.postgres, names, part / DUMP)
        own = mlflow.ours(settings.home)
        if own:
            mlflow.dump(settings.home, part / MLFLOW)
        version = importlib.metadata.version("leeway")
        found = Manifest(at=time.time_ns() // 1_000_000, version=version, mlflow=own, files=manifest.digests(part))
        manifest.write(part, found)
        part.rename(folder)
    except OSError as error:
        raise Refused(f"{folder}: cannot be written ({error.strerror or error})") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return found


def restore(settings: Settings, folder: Path, *, replace: bool) -> Manifest:
    """Puts a backup in place of what PostgreSQL and MLflow hold, and brings its tables up to date.

    Raises:
        Refused: it is no backup or was altered, rows are there already and `replace` is not said, or consumers run.
        Unavailable: a server is away; PostgreSQL is as it was.
    """
    found = manifest.read(folder)
    try:
        with connect(settings.postgres, patience_s=0) as connection:
            names = postgres.tables(connection)
            _check(connection, names, replace=replace)
    except psycopg.Error as error:
        raise unavailable(error) from error
    with tempfile.TemporaryDirectory(prefix="leeway-restore-") as beside:
        postgres.load(settings.postgres, names, folder / DUMP, Path(beside) / "dump.sql")
    if found.mlflow:
        mlflow.load(folder / MLFLOW, settings.home)
    migrate(settings.postgres)
    return found


def _check(connection: Connection, names: list[str], *, replace: bool) -> None:
    working = connection.execute(
        "SELECT DISTINCT application_name FROM pg_stat_activity WHERE datname = current_database()"
        r" AND application_name ~ '\.(warehouse|evaluator|retrainer)' ORDER BY 1"
    ).fetchall()
    if working:
        raise Refused(
            f"{', '.join(str(name) for (name,) in working)} works on PostgreSQL: stop it first, by `leeway down` and "
            "`leeway up --servers`. Nothing was restored"
        )
    held = [name for name in names if name != "schema_migrations" and _any(connection, name)]
    if held and not replace:
        raise Refused(f"PostgreSQL holds rows of {', '.join(held)}: --replace throws them away for those of the backup")


def _any(connection: Connection, name: str) -> bool:
    row = connection.execute(SQL("SELECT EXISTS (SELECT FROM {})").format(Identifier(name))).fetchone()
    return bool(row and row[0])
