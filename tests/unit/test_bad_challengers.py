"""A challenger that is broken, dear, or taught by broken labels ends in a verdict or an error that is recorded."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from consumers.training import timing, version
from consumers.training.dataset import Dataset
from consumers.training.job import Result
from infra import allowlist, bundle
from infra.boosting import Floats
from infra.serving import ServingModel
from schemas.declaration import Declaration
from schemas.messages import ModelRef
from support.labelled import DAY, dataset, declaration, rows
from support.made import DAYS, TURN, before_turn

TURNED = dataset(rows(DAYS, TURN), DAYS * DAY)
STEADY = dataset(rows(DAYS, turn=100), DAYS * DAY)


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> ServingModel:
    """Trained before day 14."""
    return before_turn(tmp_path_factory.mktemp("champion"))


def declared(**promotion: int) -> Declaration:
    plain = declaration()
    return msgspec.structs.replace(plain, promotion=msgspec.structs.replace(plain.promotion, **promotion))


def challenge(folder: Path, champion: ServingModel, data: Dataset = TURNED, **promotion: int) -> Result:
    return version.make(folder, declared(**promotion), data, champion, lambda _: None)


def failed(result: Result) -> list[str]:
    assert result.gate is not None
    assert not result.gate.passed
    return result.gate.failed


def test_a_good_one_passes_every_check_and_says_so(tmp_path: Path, champion: ServingModel) -> None:
    result = challenge(tmp_path, champion)

    assert result.gate is not None
    names = ["loss", "labels", "agreement", "segments", "calibration", "latency", "size", "reload"]
    assert [check.name for check in result.gate.checks] == names
    assert (result.gate.passed, result.gate.failed) == (True, [])
    page = (tmp_path / "report.html").read_text()
    assert "The gate let it pass" in page
    assert all(value in page for value in (TURNED.digest, result.model_sha256, result.params["code_version"]))
    assert result.gate.reason.endswith("passed: " + ", ".join(names[1:]))
    assert {f"gate/{name}_passed" for name in names} <= set(result.metrics)
    assert result.gate.figures()["bundle_bytes"] == sum(
        path.stat().st_size for path in tmp_path.iterdir() if path.name in (bundle.MODEL, bundle.CONTRACT)
    )


def test_one_that_cannot_be_loaded_again_is_held_back(
    tmp_path: Path, champion: ServingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = frozenset(name for name in allowlist.TYPES if "TreePredictor" not in name)
    monkeypatch.setattr(allowlist, "TYPES", known)
    result = challenge(tmp_path, champion)

    assert failed(result) == ["reload"]
    assert "TreePredictor" in result.gate.reason if result.gate else False
    assert result.model_sha256 == ""


def test_one_whose_file_crashes_at_its_first_rows_is_held_back(
    tmp_path: Path, champion: ServingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = bundle.load

    def load(folder: Path, ref: ModelRef) -> ServingModel:
        found = real(folder, ref)

        def crash(asked: Floats) -> Floats:
            if len(asked) > 32:
                raise IndexError("a leaf that is not there")
            return found.predict(asked)

        return ServingModel(found.ref, found.contract, crash)

    monkeypatch.setattr(bundle, "load", load)
    result = challenge(tmp_path, champion)

    assert failed(result) == ["reload"]
    assert "IndexError: a leaf that is not there" in (result.gate.reason if result.gate else "")


@pytest.mark.parametrize("score", [lambda asked: np.full(len(asked), np.nan), lambda asked: np.full(len(asked), 1.5)])
def test_scores_that_are_no_probabilities_are_held_back(
    tmp_path: Path, champion: ServingModel, monkeypatch: pytest.MonkeyPatch, score: Callable[[Floats], Floats]
) -> None:
    monkeypatch.setattr(version, "scorer", lambda _: score)
    result = challenge(tmp_path, champion)

    assert failed(result) == ["loss"]
    assert "not a probability" in (result.gate.reason if result.gate else "")


def test_a_slow_one_is_held_back(tmp_path: Path, champion: ServingModel, monkeypatch: pytest.MonkeyPatch) -> None:
    real = timing.timed

    def slow(*given: Any) -> dict[str, timing.Times]:
        return {name: dict.fromkeys(times, 2.5e6) for name, times in real(*given).items()}

    monkeypatch.setattr("consumers.training.ways.timed", slow)
    result = challenge(tmp_path, champion)

    assert failed(result) == ["latency"]
    assert "2,500,000 us per 1,000 rows" in (result.gate.reason if result.gate else "")


def test_a_large_one_is_held_back(tmp_path: Path, champion: ServingModel) -> None:
    result = challenge(tmp_path, champion, max_bytes=1_000)

    assert failed(result) == ["size"]
    page = (tmp_path / "report.html").read_text()
    assert "The gate held it back (size)" in page
    assert page.count("<img") == 4
    assert page.count("http") == 0
    assert "above max_bytes 1,000" in (result.gate.reason if result.gate else "")


def test_with_labels_of_one_class_nothing_is_trained_or_nothing_passes(tmp_path: Path, champion: ServingModel) -> None:
    late = TURNED.times >= 20 * DAY
    stuck = replace(TURNED, labels=np.where(late, 0, TURNED.labels))

    assert "labels" in failed(challenge(tmp_path, champion, stuck))


def test_with_labels_for_two_in_a_hundred_too_little_is_known(tmp_path: Path, champion: ServingModel) -> None:
    kept = np.random.default_rng(0).random(len(TURNED)) < 0.02
    few = TURNED.of(np.flatnonzero(kept))
    result = challenge(tmp_path, champion, few)

    assert failed(result) == ["loss"]
    assert "labelled rows that neither model was trained on; 100 needed" in (result.gate.reason if result.gate else "")


@pytest.mark.parametrize("back", [0, 3])
def test_labels_turned_round_for_two_days_promote_nothing(tmp_path: Path, champion: ServingModel, back: int) -> None:
    end = DAYS - back
    flipped = STEADY.span((end - 2) * DAY, end * DAY)
    poisoned = replace(STEADY, labels=np.where(flipped, 1 - STEADY.labels, STEADY.labels))

    assert "agreement" in failed(challenge(tmp_path, champion, poisoned))


def test_a_world_that_turned_for_good_is_learned(tmp_path: Path, champion: ServingModel) -> None:
    result = challenge(tmp_path, champion)

    assert result.gate is not None
    assert next(check for check in result.gate.checks if check.name == "agreement").passed
