"""Puts Prometheus' files beside the deployment whose processes it is to watch, and starts it there."""

import os
import shutil
from importlib import resources
from pathlib import Path

from schemas.errors import Refused

CONFIGURATION, RULES = "prometheus.yml", "rules"


def place(home: Path) -> Path:
    """Writes the configuration and the rules of this release to HOME/prometheus; gives the configuration's path."""
    target, source = home / "prometheus", resources.files("infra.prometheus")
    (target / RULES).mkdir(parents=True, exist_ok=True)
    for name in (CONFIGURATION, f"{RULES}/recording.yml", f"{RULES}/alerts.yml"):
        (target / name).write_text((source / name).read_text("utf-8"), "utf-8")
    return target / CONFIGURATION


def command(home: Path, port: int, retention: str = "30d") -> list[str]:
    """What starts Prometheus for this deployment, on loopback.

    Raises:
        Refused: there is no Prometheus on this machine.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise Refused(
            "There is no `prometheus` on PATH: install it (Debian: apt install prometheus), or use docker compose"
        )
    return [
        program,
        f"--config.file={place(home)}",
        f"--storage.tsdb.path={home / 'prometheus' / 'data'}",
        f"--storage.tsdb.retention.time={retention}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def prometheus_command(home: Path, port: int) -> None:
    """Becomes Prometheus.

    Raises:
        Refused: there is none.
    """
    argv = command(home.absolute(), port)
    os.execv(argv[0], argv)  # noqa: S606 - an argument list; no shell is wanted
