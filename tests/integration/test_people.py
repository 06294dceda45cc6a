"""What people ask of the retrainer, on real servers: written by the command, answered by the process."""

import time
import uuid
from pathlib import Path

from infra.cli import people
from infra.embedded import Endpoints
from schemas.messages import Asked
from support.labelled import DAY, declared, rows
from support.retraining import World, world


def test_a_frozen_model_is_not_retrained_until_thawed(servers: Endpoints, tmp_path: Path) -> None:
    found = world(servers, declared(tmp_path, f"p{uuid.uuid4().hex[:10]}"), tmp_path / "home", rows(26, 14), 14)
    with found.scorers(), found.retrainer():
        found.tick(26 * DAY)
        assert asked(found, "freeze", "release day") == ["frozen"]
        assert asked(found, "retrain", "try it", until="skipped") == ["requested", "skipped"]
        (skipped,) = [one for one in found.decisions() if one.step == "skipped"]
        assert "release day" in skipped.reason
        assert asked(found, "thaw", "released") == ["thawed"]
        found.until(lambda: found.steps(skipped.retrain)[-1] == "promoted")
    assert [models.champion.version for models in found.models()] == [1, 2]


def test_a_request_without_a_retrainer_stands(servers: Endpoints, tmp_path: Path) -> None:
    found = world(servers, declared(tmp_path, f"p{uuid.uuid4().hex[:10]}"), tmp_path / "home", rows(26, 14), 14)
    wanted = people.request(found.declaration.name, "freeze", "holidays")
    assert not list(people.ask(found.settings.kafka, wanted, 0.5, time.monotonic))
    assert "does the retrainer run" in people.remark(wanted, [], 0.5)
    with found.retrainer():
        found.until(lambda: ("frozen", wanted.id) in {(one.step, one.event) for one in found.decisions()})


def asked(found: World, kind: Asked, why: str, until: str = "") -> list[str]:
    """The steps by which it is answered."""
    wanted = people.request(found.declaration.name, kind, why)
    steps: list[str] = []
    for one in people.ask(found.settings.kafka, wanted, 60, time.monotonic):
        steps.append(one.step)
        if one.step == until:
            break
    return steps
