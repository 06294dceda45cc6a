"""The schema: numbered SQL files, each applied once, in order, in its own transaction, never altered afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

import psycopg
import structlog

from infra.kafka import PATIENCE_S
from infra.postgres.connection import Connection, connect, unavailable
from schemas.errors import Refused

_LOCK = 7_235_419_002
"""Key of the advisory lock: two processes that start together migrate one after the other."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its name, its text and the SHA-256 of it."""

    name: str
    text: str

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256 of the text."""
        return sha256(self.text.encode()).hexdigest()


def migrate(dsn: str, *, patience_s: float = PATIENCE_S, files: tuple[Migration, ...] | None = None) -> list[str]:
    """Brings the schema up to date and returns the names of the files applied now.

    Args:
        dsn: the database.
        patience_s: how long a server that is away is waited for.
        files: the migrations in order; those of this package if not given.

    Raises:
        Refused: an applied file was altered, one is missing here (the database is newer than this program), or a
            file is to be inserted before one that was applied; nothing was changed.
        Unavailable: the server went away.
    """
    wanted = packaged() if files is None else files
    try:
        with connect(dsn, application="leeway-migrate", patience_s=patience_s) as connection:
            connection.autocommit = True
            connection.execute("SET statement_timeout = 0")
            connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
            return _apply(connection, wanted)
    except psycopg.OperationalError as error:
        raise unavailable(error) from error


def packaged() -> tuple[Migration, ...]:
    """The files of this package, in order of their numbers."""
    folder = resources.files("infra.postgres") / "migrations"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(Migration(entry.name, entry.read_text("utf-8")) for entry in found)


def _apply(connection: Connection, wanted: tuple[Migration, ...]) -> list[str]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations"
        " (name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
    )
    applied = {
        str(name): str(digest) for name, digest in connection.execute("SELECT name, sha256 FROM schema_migrations")
    }
    open_ = pending(wanted, applied)
    for migration in open_:
        with connection.transaction():
            connection.execute(migration.text.encode())
            connection.execute(
                "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)", (migration.name, migration.digest)
            )
        _log.info("migrated", file=migration.name)
    return [migration.name for migration in open_]


def pending(wanted: tuple[Migration, ...], applied: Mapping[str, str]) -> list[Migration]:
    """What is still to be applied, given name and digest of what was.

    Raises:
        Refused: the two do not fit.
    """
    newer = sorted(set(applied) - {migration.name for migration in wanted})
    if newer:
        raise Refused(
            f"The database was migrated by a newer program ({', '.join(newer)}). Run that one, or restore a backup"
        )
    altered = [item.name for item in wanted if applied.get(item.name, item.digest) != item.digest]
    if altered:
        raise Refused(f"{altered[0]} was altered after it was applied. Put it back and write the change as a new file")
    left = [migration for migration in wanted if migration.name not in applied]
    if left and applied and left[0].name < max(applied):
        raise Refused(f"{left[0].name} comes before {max(applied)}, which was applied already. Give it a later number")
    return left
