"""Versions: of Leeway, of the servers that a deployment runs, and of the libraries that the figures depend on."""

import platform
import urllib.request
from importlib.metadata import version

from infra.cli import tables
from infra.embedded.jars import KAFKA_VERSION
from infra.settings import Settings
from schemas.errors import Unavailable

PACKAGES = {
    "leeway": "leeway",
    "mlflow": "mlflow-skinny",  # the part of MLflow that clients have, of the same version
    "faust": "faust-streaming",
    "scikit_learn": "scikit-learn",
    "confluent_kafka": "confluent-kafka",
}


def installed() -> dict[str, str]:
    """Of Leeway, Python and the libraries."""
    return {**{name: version(package) for name, package in PACKAGES.items()}, "python": platform.python_version()}


def running(settings: Settings) -> dict[str, str]:
    """The same, and those of the servers: PostgreSQL and MLflow are asked; Kafka's is that of the locked jars.

    Raises:
        Unavailable: one of them does not answer.
    """
    return {
        "kafka": KAFKA_VERSION,
        "postgres": _postgres(settings.postgres),
        "mlflow": _mlflow(settings.mlflow),
        **{name: number for name, number in installed().items() if name != "mlflow"},
    }


def _postgres(dsn: str) -> str:
    with tables.connect(dsn) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else "?"


def _mlflow(url: str) -> str:
    try:
        with urllib.request.urlopen(f"{url}/version", timeout=20) as answer:  # noqa: S310 - the address of our own server
            text: str = answer.read(100).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"MLflow at {url} does not tell its version ({error})") from error
    return text.strip()
