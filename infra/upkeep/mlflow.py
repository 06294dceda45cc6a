"""The MLflow of this deployment: its database, copied by SQLite itself while it is used, and its artifacts."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from infra.embedded.mlflow import ARTIFACTS, DATABASE
from schemas.errors import Refused, Unavailable


def ours(home: Path) -> bool:
    """Whether this deployment has an MLflow of its own; that of an address elsewhere is not ours to copy."""
    return (home / "mlflow" / DATABASE).is_file()


def dump(home: Path, target: Path) -> None:
    """Database first, then artifacts: what the one mentions is among the others, which are never changed.

    Raises:
        Refused: the copy cannot be written.
        Unavailable: the database is locked for long.
    """
    target.mkdir()
    _copy(home / "mlflow" / DATABASE, target / DATABASE)
    _tree(home / "mlflow" / ARTIFACTS, target / ARTIFACTS)


def load(source: Path, home: Path) -> None:
    """The artifacts beside those that are there, then the database in place of the one that is.

    Raises:
        Refused: they cannot be written.
        Unavailable: the database is locked for long.
    """
    (home / "mlflow").mkdir(parents=True, exist_ok=True)
    _tree(source / ARTIFACTS, home / "mlflow" / ARTIFACTS)
    _copy(source / DATABASE, home / "mlflow" / DATABASE)


def _copy(source: Path, target: Path) -> None:
    """As of one moment, also while a server uses either."""
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=60)) as reading,
            closing(sqlite3.connect(target, timeout=60)) as writing,
        ):
            reading.backup(writing)
    except sqlite3.Error as error:
        raise Unavailable(f"MLflow's database {source} could not be copied to {target}: {error}") from error


def _tree(source: Path, target: Path) -> None:
    if not source.is_dir():
        return
    try:
        shutil.copytree(source, target, dirs_exist_ok=True)
    except (OSError, shutil.Error) as error:
        raise Refused(f"{source} could not be copied to {target}: {str(error)[:300]}") from error
