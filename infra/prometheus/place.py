"""Puts the files of Prometheus and Alertmanager beside the deployment that they are to watch, and starts them there."""

import os
import shutil
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from infra.prometheus.routes import routes
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
    program = _program("prometheus", "prometheus")
    return [
        program,
        f"--config.file={place(home)}",
        f"--storage.tsdb.path={home / 'prometheus' / 'data'}",
        f"--storage.tsdb.retention.time={retention}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]


def alertmanager(home: Path, settings: Mapping[str, str], port: int) -> list[str]:
    """What starts Alertmanager with routes from these settings, on loopback; its file is for its owner alone.

    Raises:
        Refused: there is no Alertmanager on this machine, or alerts would go nowhere.
    """
    program = _program("prometheus-alertmanager", "prometheus-alertmanager", "alertmanager")
    content, target = routes(settings), home / "prometheus" / "alertmanager.yml"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_text(content, "utf-8")
    return [
        program,
        f"--config.file={target}",
        f"--storage.path={home / 'prometheus' / 'alerts'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]


def become(argv: list[str]) -> None:
    """Goes on as that program."""
    os.execv(argv[0], argv)  # noqa: S606 - an argument list; no shell is wanted


def _program(package: str, *names: str) -> str:
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        raise Refused(
            f"There is no `{names[0]}` on PATH: install it (Debian: apt install {package}), or use docker compose"
        )
    return found
