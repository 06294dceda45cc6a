"""`leeway init --compose`: the passwords of a deployment by docker compose, made once, in .env beside the file."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

from schemas.errors import Refused

PASSWORDS = ("POSTGRES_PASSWORD", "LEEWAY_DB_PASSWORD", "MLFLOW_DB_PASSWORD", "GRAFANA_DB_PASSWORD", "GRAFANA_PASSWORD")
BYTES = 24
HEAD = """\
# Written once by `leeway init --compose`; git does not see it. PostgreSQL takes its passwords at its first start only.
# Without Grafana: COMPOSE_PROFILES=
COMPOSE_PROFILES=grafana
"""


def write(folder: Path, token: Callable[[int], str] = secrets.token_urlsafe) -> Path:
    """Writes FOLDER/.env for its owner's eyes only; gives its path.

    Args:
        folder: where docker-compose.yml lies.
        token: makes a password of so many random bytes, in letters that a URL takes as they are.

    Raises:
        Refused: there is no docker-compose.yml, or an .env already, or the folder cannot be written.
    """
    if not (folder / "docker-compose.yml").is_file():
        raise Refused("There is no docker-compose.yml in this folder: run this where it lies")
    path = folder / ".env"
    text = HEAD + "".join(f"{name}={token(BYTES)}\n" for name in PASSWORDS)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Refused(
            ".env exists and was not changed: PostgreSQL's data were made with its passwords. For new ones delete the"
            " data (`docker compose down -v`) and .env, then run this again"
        ) from error
    except OSError as error:
        raise Refused(f".env cannot be written here ({error.strerror})") from error
    with os.fdopen(handle, "w") as file:
        file.write(text)
    return path
