"""Where the outside servers are: from options, the environment, or the embedded servers' file, in this order."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from schemas.errors import Refused


class Settings(Struct, frozen=True, kw_only=True):
    """The addresses that a process works with, and the folder of the deployment."""

    kafka: str
    postgres: str
    mlflow: str
    home: Path


def settings(home: Path, environment: Mapping[str, str], **given: str | None) -> Settings:
    """Each of kafka, postgres and mlflow: given, else LEEWAY_KAFKA and so on, else what `leeway up` wrote.

    Raises:
        Refused: one of them is known from nowhere.
    """
    found = {key: given.get(key) or environment.get(f"LEEWAY_{key.upper()}") for key in ("kafka", "postgres", "mlflow")}
    if not all(found.values()):
        running = _written(home)
        found = {key: value or running.get(key) for key, value in found.items()}
    missing = [key for key, value in found.items() if not value]
    if missing:
        raise Refused(
            f"No address of {', '.join(missing)}: run `leeway up`, or set LEEWAY_{missing[0].upper()} or --{missing[0]}"
        )
    return Settings(home=home, **{key: value for key, value in found.items() if value})


def from_environment(home: Path | None = None, **given: str | None) -> Settings:
    """The settings of this process; LEEWAY_HOME, else `.leeway` in the current folder."""
    return settings(home or Path(os.environ.get("LEEWAY_HOME", ".leeway")), os.environ, **given)


def _written(home: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode((home / "servers.json").read_bytes(), type=dict[str, str])
    except (OSError, msgspec.DecodeError):
        return {}
