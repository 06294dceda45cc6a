"""The recipes that compete, and a training process that is held to its memory."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.training import selection, version
from consumers.training.candidates import ALL, LONGER, RECENT, WEIGHTED, Candidate, candidates
from consumers.training.dataset import with_vocabulary
from consumers.training.job import Job
from consumers.training.process import Training
from schemas import declaration as declarations
from schemas.declaration import Declaration
from schemas.errors import Refused
from support.labelled import DAY, TREES, dataset, declaration, rows, text

POOL = ThreadPoolExecutor(1)
NEAREST = ("sklearn.neighbors:KNeighborsClassifier", "{ n_neighbors = 5 }")
WIDE = ("sklearn.neural_network:MLPClassifier", "{ hidden_layer_sizes = 2000000, max_iter = 1 }")


def declared(*names: str, model: tuple[str, str] = TREES, half_life: str = "3d") -> Declaration:
    plain = declaration(model=model)
    retrain = msgspec.structs.replace(plain.retrain, candidates=names, half_life=half_life)
    return msgspec.structs.replace(plain, retrain=retrain)


def test_all_history_is_always_among_them_and_the_one_to_beat() -> None:
    found = candidates(declared(WEIGHTED, LONGER, RECENT).retrain)

    assert list(found) == [ALL, WEIGHTED, LONGER, RECENT]
    assert (found[RECENT].length, found[LONGER].length, found[ALL].length) == (10 * DAY, 20 * DAY, None)
    assert list(candidates(declaration().retrain)) == [ALL, RECENT]


@given(st.lists(st.integers(0, 100 * DAY), min_size=1, max_size=50), st.integers(DAY, 50 * DAY))
def test_a_row_weighs_half_after_each_half_life_and_one_on_average(times: list[int], half_life: int) -> None:
    moments = np.array([*times, times[0] - half_life], np.int64)
    weights = Candidate(half_life=half_life).weights(moments, 100 * DAY)

    assert weights is not None
    assert weights.mean() == pytest.approx(1)
    assert weights[0] == pytest.approx(2 * weights[-1])


def test_weights_by_age_win_after_the_world_turned_round_and_not_before() -> None:
    for turn, chosen in ((14, WEIGHTED), (100, ALL)):
        wanted = declared(ALL, WEIGHTED)
        data = with_vocabulary(dataset(rows(26, turn), 26 * DAY), wanted, 200)
        found = selection.select(data, wanted.retrain, version.fitter(wanted, data), 0, POOL)
        assert found.chosen == chosen


def test_the_version_is_fitted_with_the_weights_that_were_judged(tmp_path: Path) -> None:
    result = version.make(tmp_path, declared(ALL, WEIGHTED), dataset(rows(26, 14), 26 * DAY), None, lambda _: None)

    assert result.chosen == WEIGHTED
    assert result.params["windows_tried"] == "all history, weighted"
    assert result.metrics["log_loss_weighted"] < result.metrics["log_loss_all_history"]


def test_an_estimator_without_weights_refuses_them_by_name() -> None:
    wanted = declared(ALL, WEIGHTED, model=NEAREST)
    data = with_vocabulary(dataset(rows(26, 14), 26 * DAY), wanted, 200)

    with pytest.raises(Refused, match="KNeighborsClassifier takes no weights, so it cannot be 'weighted'"):
        selection.select(data, wanted.retrain, version.fitter(wanted, data), 0, POOL)


def test_a_candidate_that_is_not_known_is_refused_with_those_that_are() -> None:
    wrong = text("turning").replace(b"[promotion]", b'candidates = ["newest"]\n[promotion]')

    with pytest.raises(Refused, match=r"retrain\.candidates.*newest"):
        declarations.parse(wrong, "turning.toml")


def test_training_beyond_its_memory_ends_in_an_error_that_says_so(tmp_path: Path) -> None:
    data = dataset(rows(12, turn=100), 12 * DAY)
    content = text("turning", WIDE).replace(b"[promotion]", b"memory_bytes = 1_000_000_000\n[promotion]")
    training = Training(tmp_path, 300, time.monotonic)
    try:
        training.give(Job(as_of=data.as_of, digest="", values=data.values), data, content)
        while (result := training.poll()) is None:
            time.sleep(0.05)
    finally:
        training.close()

    assert result.error is not None
    assert "more memory than [retrain] memory_bytes allows" in result.error
