"""People steer, and the watch guards: the command line, the retrainer, Kafka, MLflow and PostgreSQL together."""

import io
import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from rich.console import Console

from consumers.training import version
from infra.cli import decisions, models
from infra.embedded import Endpoints
from infra.registry import Registry
from support.beside import Beside
from support.labelled import DAY, HOUR, Rows, dataset, declared, rows
from support.retraining import World, world

DAYS = 40


@pytest.fixture
def found(servers: Endpoints, tmp_path: Path) -> World:
    """A stream whose truth stays as it is, and its champion."""
    path = declared(tmp_path, f"t{uuid.uuid4().hex[:10]}")
    return world(servers, path, tmp_path / "home", _truth(), 14)


def test_a_bad_version_that_a_person_forces_is_rolled_back_by_the_watch(found: World, tmp_path: Path) -> None:
    _register_turned(found, tmp_path)
    beside = Beside(found, _truth())
    with found.scorers(), found.retrainer():
        beside.tell(14)
        refused = leeway(found, "promote", "9", "--force", "--why", "a typing error", "--who", "ann")
        promoted = leeway(found, "promote", "2", "--force", "--why", "it looks better to me", "--who", "ann")
        assert (refused.returncode, promoted.returncode) == (1, 0), promoted.stdout + promoted.stderr
        for day in range(15, 27):
            beside.tell(day)
        found.until(lambda: "rolled_back" in _steps(found))
        frozen = leeway(found, "freeze", "--why", "the next one shall wait", "--who", "ann")
        retrained = leeway(found, "retrain", "--why", "try again", "--who", "ben")
    assert "there is no version 9; known are 1, 2" in refused.stdout
    assert _steps(found) == [
        "refused", "accepted", "promoting", "promoted", "rolling_back", "rolled_back", "frozen", "refused"
    ]  # fmt: skip
    accepted, back = (
        next(one for one in found.decisions() if one.step == step) for step in ("accepted", "rolling_back")
    )
    assert accepted.reason.endswith("asked by ann: it looks better to me")
    assert "version 2 is worse than version 1 before it, beyond doubt" in back.reason
    assert (back.event, back.retrain) == (accepted.event, accepted.retrain)
    assert isinstance(back.figures["gain"], float)
    assert back.figures["gain"] > 0.5
    assert [one.champion.version for one in found.models()] == [1, 2, 1]
    champion = Registry(found.settings.mlflow, found.declaration.name).champion()
    assert champion == found.models()[-1].champion
    assert (frozen.returncode, retrained.returncode) == (0, 1)
    assert "frozen by ann: the next one shall wait" in retrained.stdout
    trail = decisions.from_topic(found.settings.kafka, found.declaration.name)
    console = Console(record=True, width=300, file=io.StringIO())
    decisions.show(trail, console)
    assert "rolled_back v1   version 1 serves every partition again" in console.export_text()
    assert models.roles(found.settings.kafka, found.declaration.name)[1].startswith("champion since")


def _truth() -> Rows:
    return rows(DAYS, 100)


def _register_turned(found: World, tmp_path: Path) -> None:
    """Version 2: trained on labels that were turned round, and registered all the same."""
    folder = tmp_path / "turned"
    folder.mkdir()
    made = version.make(folder, found.declaration, dataset(rows(14, 0), 14 * DAY + HOUR), None, lambda _: None)
    tags = made.tags("turned-1", "turned")
    registry = Registry(found.settings.mlflow, found.declaration.name)
    assert registry.register(folder, found.declaration, tags, made.params, made.metrics).version == 2


def _steps(found: World) -> list[str]:
    return [one.step for one in found.decisions() if not one.event.startswith("history-")]


def leeway(found: World, *words: str) -> "subprocess.CompletedProcess[str]":
    """The command line, at these servers."""
    names = ("kafka", "postgres", "mlflow", "home")
    environment = os.environ | {f"LEEWAY_{name.upper()}": str(getattr(found.settings, name)) for name in names}
    command = [sys.executable, "-m", "infra.cli", *words, "--stream", found.declaration.name]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
