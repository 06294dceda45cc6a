"""The deployment that is rehearsed on: real servers, the workers of one stream, and a real Prometheus."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from infra import embedded
from infra.cli.workers import Size, deployment
from infra.embedded import Endpoints, ports
from infra.prometheus.place import command
from producers.generate import Traffic, traffic, write
from schemas.errors import Unavailable
from schemas.topics import Topics

STREAM = "rehearsal"
HOME = Path(".leeway") / STREAM
START_MS, HISTORY, STEP_MS = 1_735_689_600_000, 6_000, 60_000


@dataclass(frozen=True)
class Place:
    """Where everything is."""

    home: Path
    declaration: Path
    history: Path
    endpoints: Endpoints
    prometheus: str

    @property
    def topics(self) -> Topics:
        """Of the stream."""
        return Topics(STREAM)

    def pid(self, name: str) -> int:
        """The process of this name, as it runs now."""
        state = embedded.state(self.home)
        found = [one.pid for one in state.processes if one.name in (name, f"{STREAM}.{name}")] if state else []
        if not found or found[0] is None:
            raise Unavailable(f"{name} does not run")
        return found[0]

    def signal(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to a process with its children."""
        os.killpg(os.getpgid(self.pid(name)), number)

    def train(self) -> None:
        """The first champion."""
        argv = [sys.executable, "-m", "infra.cli", "train", str(self.declaration), str(self.history)]
        subprocess.run(argv, env=os.environ | {"LEEWAY_HOME": str(self.home)}, check=True, capture_output=True)

    def firing(self) -> set[str]:
        """Names of the alerts that fire now."""
        answer = requests.get(f"{self.prometheus}/api/v1/alerts", timeout=10).json()
        return {one["labels"]["alertname"] for one in answer["data"]["alerts"] if one["state"] == "firing"}

    def answers(self) -> bool:
        """Whether Prometheus does."""
        try:
            return requests.get(f"{self.prometheus}/-/ready", timeout=10).ok
        except requests.ConnectionError:
            return False

    def ask(self, expression: str) -> list[dict[str, object]]:
        """The series of an expression now; raises for what Prometheus refuses."""
        answer = requests.get(f"{self.prometheus}/api/v1/query", params={"query": expression}, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, object]] = answer.json()["data"]["result"]
        return found


@contextmanager
def running() -> Iterator[Place]:
    """Everything up but without a model, and down at the end whatever happens."""
    home = HOME.absolute()
    home.mkdir(parents=True, exist_ok=True)
    declaration, history = _declared(home)
    shutil.rmtree(home / "prometheus" / "data", ignore_errors=True)
    port = ports.any_free()
    argv = command(home, port)  # refuses before anything is started
    setup, workers = deployment([declaration], Size())
    try:
        endpoints = embedded.up(
            home, workers=workers, setup=setup, kafka_port=0, mlflow_port=0, fresh=True, on_progress=say
        )
        with (
            (home / "logs" / "prometheus.log").open("wb") as log,
            subprocess.Popen(argv, stdout=log, stderr=log) as watcher,
        ):
            try:
                place = Place(home, declaration, history, endpoints, f"http://127.0.0.1:{port}")
                until(place.answers, 60)
                yield place
            finally:
                watcher.terminate()
                watcher.wait(30)
    finally:
        embedded.down(home)


def _declared(home: Path) -> tuple[Path, Path]:
    history, declaration = home / "history.csv", home / f"{STREAM}.toml"
    write(traffic(Traffic(n=HISTORY, step_ms=STEP_MS, start_ms=START_MS)), history)
    declaration.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "producers", "init", str(history), "--name", STREAM, "--output", str(declaration)]
    subprocess.run(argv, check=True, capture_output=True)
    return declaration, history


def say(text: str) -> None:
    """A line with the time."""
    sys.stdout.write(f"{time.strftime('%H:%M:%S')} {text}\n")
    sys.stdout.flush()


def until(condition: Callable[[], bool], seconds: float) -> float | None:
    """Seconds until it held; None if it did not in time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(1)
    return time.monotonic() - began
