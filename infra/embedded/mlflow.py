"""A real MLflow server on loopback: SQLite and artifacts under HOME/mlflow, one process, no telemetry.

`mlflow server` would keep a second Python of 250 MB whose only work is to wait for the first, and starts in three
times the time; so the web server is run directly with the settings that `mlflow server` hands to it.
"""

import json
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import ClassVar

from msgspec import Struct

from infra.embedded.process import Command
from infra.masking import masked
from schemas.errors import Refused, Unavailable

HOST = "127.0.0.1"
ANSWER_S = 20.0
DATABASE, ARTIFACTS = "mlflow.db", "artifacts"
"""Under the folder."""


class MlflowServer(Struct, frozen=True, kw_only=True, tag="mlflow"):
    """The server: `folder` holds its database and artifacts."""

    name: ClassVar[str] = "mlflow"
    folder: str
    port: int

    def endpoint(self) -> str:
        """The base URL."""
        return f"http://{HOST}:{self.port}"

    def prepare(self) -> None:
        """Make the artifact folder."""
        self._artifacts.mkdir(exist_ok=True)

    def command(self) -> Command:
        """Run the web server."""
        words = (
            "--host",
            HOST,
            "--port",
            str(self.port),
            "--workers",
            "1",
            "--no-access-log",
            "--log-level",
            "warning",
        )
        argv = (sys.executable, "-m", "uvicorn", *words, "mlflow.server.fastapi_app:app")
        return Command(argv=argv, env=self.environment(), grace_s=10.0)

    def environment(self) -> dict[str, str]:
        """What `mlflow server --serve-artifacts` sets for its web server, and what keeps it small and silent."""
        database = f"sqlite:///{Path(self.folder) / DATABASE}"
        return {
            "_MLFLOW_SERVER_FILE_STORE": database,
            "_MLFLOW_SERVER_REGISTRY_STORE": database,
            "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
            "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
            "_MLFLOW_SERVER_ARTIFACT_DESTINATION": self._artifacts.as_uri(),
            "_MLFLOW_SGI_NAME": "uvicorn",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "DO_NOT_TRACK": "true",
            "MALLOC_ARENA_MAX": "2",
        }

    def ready(self) -> None:
        """Ask for health, then for an experiment, which makes the database on the first run.

        Raises:
            Unavailable: no answer yet.
        """
        probe(self.endpoint())

    @property
    def _artifacts(self) -> Path:
        return Path(self.folder) / ARTIFACTS


def probe(url: str) -> None:
    """Ask a server for its health and for one experiment.

    Raises:
        Refused: `url` is not an HTTP address.
        Unavailable: no answer, or not MLflow's.
    """
    if not url.startswith(("http://", "https://")):
        raise Refused(f"The MLflow address {url!r} must begin with http:// or https://")
    base = url.rstrip("/")
    search = json.dumps({"max_results": 1}).encode()
    headers = {"Content-Type": "application/json"}
    try:
        for path, data in (("/health", None), ("/api/2.0/mlflow/experiments/search", search)):
            request = urllib.request.Request(base + path, data, headers)  # noqa: S310 - the scheme is checked above
            with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:  # noqa: S310 - as above
                answer.read()
    except (OSError, urllib.error.URLError) as error:
        raise Unavailable(
            f"MLflow at {masked(url)} does not answer ({error}). Is it running, and is the address right?"
        ) from error
