"""The retrainer on real servers: from a drift event to a version that serves, or to one that was put back."""

import os
import signal
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
from mlflow.tracking import MlflowClient
from numpy.typing import NDArray

from consumers.retrainer import witness
from infra import registry
from infra.embedded import Endpoints
from infra.postgres import connect
from infra.registry import Registry
from schemas.messages import encode
from support import moved
from support.labelled import DAY, declared, rows
from support.retraining import World, world

Make = Callable[..., World]
ORDER = ["requested", "started", "trained", "gated", "registered", "promoting", "promoted"]


@pytest.fixture
def make(servers: Endpoints, tmp_path: Path) -> Make:
    """A stream of 26 days whose truth turns round on day 14, its champion trained until then."""

    def made(turn: float = 14, proof_limit: str = "20s") -> World:
        path = declared(tmp_path, f"t{uuid.uuid4().hex[:10]}", proof_limit)
        return world(servers, path, tmp_path / "home", rows(26, turn), 14)

    return made


def test_drift_ends_in_a_better_version_that_serves(make: Make) -> None:
    found = make()
    retrain = f"{found.declaration.name}:1-1"
    with found.scorers(), found.retrainer():
        found.drift(1, 26 * DAY)
        found.until(lambda: "promoted" in found.steps(retrain))
    assert found.steps(retrain) == ORDER
    first, second = found.models()
    assert (second.champion.version, second.previous, second.shadows) == (2, first.champion, [first.champion])
    assert second.champion.trained_until == 26 * DAY
    mlflow = Registry(found.settings.mlflow, found.declaration.name)
    assert mlflow.champion() == second.champion
    gated = next(one for one in found.decisions() if one.step == "gated")
    assert isinstance(gated.figures["gain"], float)
    assert gated.figures["gain"] > 0.1
    model = registry.load(second.champion, mlflow, found.settings.home / "models")
    small, large = model.predict(_rows(model.codes["color"]))
    assert small > 0.7
    assert large < 0.3
    assert not list((found.settings.home / "training" / found.declaration.name).iterdir())


def test_the_run_of_a_retrain_shows_the_drift_that_it_answers(make: Make) -> None:
    found = make()
    name = f"{found.declaration.name}:1"
    for row in [*moved.windows(25), *moved.windows(26, version=7)]:
        found.send(found.topics.drift, encode(row))
    with found.scorers(), found.retrainer():
        found.send(found.topics.drift_events, encode(moved.event(name, found.declaration.name, 26)))
        found.until(lambda: "promoted" in found.steps(f"{name}-1"))
    client = MlflowClient(found.settings.mlflow)
    run = found.models()[-1].champion.run_id
    shown = {item.path for folder in ("drift", "pictures") for item in client.list_artifacts(run, folder)}
    assert {f"drift/{one}.png" for one in ("overview", "x", "color", "model-score")} <= shown
    drawn = ("loss_per_day", "reliability", "gate", "importance")
    assert {f"pictures/{one}.png" for one in drawn} <= shown
    assert "report.html" in {item.path for item in client.list_artifacts(run)}
    gated = next(one for one in found.decisions() if one.step == "gated")
    assert (gated.figures["failed"], gated.figures["agreement_days_against"]) == ("", 0.0)
    assert client.get_run(run).data.metrics["gate/calibration_passed"] == 1.0
    seen = witness.cause(found.settings.kafka, found.declaration, name, 1)
    assert seen is not None
    assert seen.rows == [row for row in moved.windows(25) if row.feature in moved.NAMES]
    assert witness.cause(found.settings.kafka, found.declaration, "nobody", 1) is None


def test_a_challenger_that_is_no_better_is_rejected_and_the_champion_stays(make: Make) -> None:
    found = make(turn=100)
    retrain = f"{found.declaration.name}:1-1"
    path = found.path
    path.write_text(path.read_text().replace("[promotion]", "[promotion]\nmin_gain = 0.05"))
    with found.scorers(), found.retrainer():
        found.drift(1, 26 * DAY)
        found.until(lambda: "rejected" in found.steps(retrain))
    assert found.steps(retrain) == ["requested", "started", "trained", "gated", "rejected"]
    assert len(found.models()) == 1
    assert [ref.version for ref in Registry(found.settings.mlflow, found.declaration.name).versions()] == [1]
    client = MlflowClient(found.settings.mlflow)
    experiment = client.get_experiment_by_name(found.declaration.name)
    run = client.search_runs([experiment.experiment_id], f"tags.retrain = '{retrain}'")[0]
    assert (run.info.status, run.data.tags["held_back_by"]) == ("FINISHED", "loss")
    assert run.data.metrics["gate/loss_passed"] == 0.0
    assert "report.html" in {item.path for item in client.list_artifacts(run.info.run_id)}


def test_a_version_that_no_scorer_takes_up_is_put_back(make: Make) -> None:
    found = make(proof_limit="1s")
    retrain = f"{found.declaration.name}:1-1"
    with found.retrainer():
        found.drift(1, 26 * DAY)
        found.until(lambda: "rejected" in found.steps(retrain))
    reason = next(one.reason for one in found.decisions() if one.step == "rejected")
    assert "partition 0 has no worker that has reported" in reason
    assert "version 1 was put back" in reason
    assert [models.champion.version for models in found.models()] == [1, 2, 1]
    champion = Registry(found.settings.mlflow, found.declaration.name).champion()
    assert champion is not None
    assert champion.version == 1
    again = f"{found.declaration.name}:2-1"
    with found.scorers(), found.retrainer():
        found.drift(2, 40 * DAY)
        found.until(lambda: "started" in found.steps(again))  # version 1, which drifted, is known to serve


def test_a_champion_that_is_too_old_is_retrained_without_drift_and_once(make: Make) -> None:
    found = make()
    aging = found.path.read_text().replace("[retrain]", '[retrain]\nmaximum_age = "12d"')
    found.path.write_text(aging.replace("[promotion]", '[promotion]\nwatch = "none"'))
    retrain = "age-1-1970-01-27-1"
    with found.scorers():
        with found.retrainer():
            found.tick(25 * DAY)
            found.tick(26 * DAY)
            found.until(lambda: "promoted" in found.steps(retrain))
        with found.retrainer():
            found.tick(37 * DAY)
            found.tick(38 * DAY)
            found.until(lambda: "started" in found.steps("age-2-1970-02-08-1"))
    assert found.steps(retrain) == ORDER
    first, second = found.models()[:2]
    assert (second.champion.version, second.previous, second.champion.trained_until) == (2, first.champion, 26 * DAY)
    requested = next(one for one in found.decisions() if one.step == "requested")
    assert (requested.event, requested.event_time) == ("age-1-1970-01-27", 26 * DAY)
    assert requested.reason == (
        "Version 1 knows nothing after 1970-01-15T00:00+00:00: it has reached [retrain] maximum_age, 12 days."
    )


def test_a_retrainer_that_is_killed_leaves_nothing_and_its_successor_makes_one_version(make: Make) -> None:
    found = make()
    retrain = f"{found.declaration.name}:1-1"
    with found.scorers(), found.retrainer() as killed, found.retrainer() as successor:
        found.drift(1, 26 * DAY)
        found.until(lambda: "started" in found.steps(retrain))
        found.until(lambda: bool(_children(killed.pid) or _children(successor.pid)))
        holder, other = (killed, successor) if _children(killed.pid) else (successor, killed)
        children = _children(holder.pid)
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        psutil.wait_procs(children, timeout=20)
        assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
        found.until(lambda: "promoted" in found.steps(retrain))
        assert other.poll() is None
    steps = found.steps(retrain)
    assert [steps.count(step) for step in ("started", "registered", "promoted")] == [1, 1, 1]
    versions = Registry(found.settings.mlflow, found.declaration.name).versions()
    assert [ref.version for ref in versions] == [1, 2]


def test_training_that_takes_too_long_fails_and_is_ended(make: Make) -> None:
    found = make()
    found.path.write_text(found.path.read_text().replace('"2m"', '"1ms"'))
    retrain = f"{found.declaration.name}:1-1"
    with found.scorers(), found.retrainer() as process:
        found.drift(1, 26 * DAY)
        found.until(lambda: "failed" in found.steps(retrain))
        found.until(lambda: not list((found.settings.home / "training").rglob("job.json")))
        assert len(_children(process.pid)) <= 1  # the one that stands ready for the next attempt
    reason = next(one.reason for one in found.decisions() if one.step == "failed")
    assert "took longer than" in reason
    assert len(found.models()) == 1


def test_the_data_is_waited_for_until_the_warehouse_holds_it(make: Make) -> None:
    found = make()
    retrain = f"{found.declaration.name}:1-1"
    found.send(found.topics.labels, b'{"id":"nobody","label":1}')
    with found.scorers(), found.retrainer() as process:
        found.drift(1, 26 * DAY)
        found.until(lambda: bool(_children(process.pid)))
        assert found.steps(retrain) == ["requested"]
        with connect(found.settings.postgres) as connection:
            connection.execute(
                "INSERT INTO positions (stream, topic, partition, next) VALUES (%s, %s, 0, 1)",
                (found.declaration.name, found.topics.labels),
            )
        found.until(lambda: "promoted" in found.steps(retrain))


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _rows(colors: dict[str, int]) -> NDArray[np.float64]:
    """Small x and large x."""
    blue = float(colors["blue"])
    return np.array([[-2.0, 1, blue, 0], [2.0, 1, blue, 0]])
