"""Laws of queues: what arrived is done or waits, L = lambda W, and the mean of a queue with known theory."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.scaling.simulation import Load, Outage, Pipeline, Stage, simulate

SEED = 3


def chain(rate: float, workers: int, partitions: int, capacity: float = 1e9) -> Pipeline:
    use = {"cores": 1.0}
    stages = [
        Stage("a", workers, rate, None, use),
        Stage("b", workers, 1.2 * rate, 0, use),
        Stage("c", 1, 5 * rate, 1),
    ]
    return Pipeline(stages, partitions, {"cores": capacity})


@settings(max_examples=25, deadline=None)
@given(
    st.floats(10, 1e5), st.integers(1, 8), st.integers(1, 8), st.floats(0.1, 2), st.floats(100, 1e6),
    st.integers(0, 2**32),
)  # fmt: skip
def test_what_came_is_done_or_waits(
    rate: float, workers: int, lanes: int, share: float, capacity: float, seed: int
) -> None:
    outages = (Outage(0, 0, 1.0, 2.0), Outage(1, workers - 1, 1.5, 4.0))
    load = Load(share * rate * workers, burst=2, burst_s=1, every_s=4, backlog=rate)

    found = simulate(chain(rate, workers, workers * lanes, capacity), load, 6, seed, outages)

    assert found.came == pytest.approx(found.served + found.waiting, rel=1e-9)
    assert (found.waiting >= 0).all()
    assert found.last.sum(axis=1) == pytest.approx(found.waiting[-1])
    assert (found.used <= 1 + 1e-9).all()
    assert (found.busy <= 1 + 1e-9).all()


def test_littles_law() -> None:
    found = simulate(Pipeline([Stage("a", 1, 1000.0)], 1), Load(700, burst=2, burst_s=10, every_s=40), 400, SEED)

    arriving = found.came[-1, 0] / found.times[-1]
    waiting = found.waiting[:, 0].mean()
    delay = found.delays(0).mean()

    assert waiting > 100  # the law shall have something to say
    assert waiting == pytest.approx(arriving * delay, rel=0.05)


@pytest.mark.parametrize("load", [0.5, 0.8, 0.9])
def test_the_mean_queue_is_that_of_pollaczek_and_khinchine(load: float) -> None:
    rate, step, queues = 50.0, 0.002, 400

    found = simulate(Pipeline([Stage("a", queues, rate)], queues), Load(queues * load * rate), 20, SEED, step=step)

    expected = load / (2 * (1 - load))  # unfinished work of M/D/1, in samples
    settled = found.waiting[len(found.waiting) // 2 :, 0]
    assert settled.mean() / queues == pytest.approx(expected, rel=0.1)


def test_a_worker_that_is_away_does_nothing_and_catches_up() -> None:
    pipeline, away = Pipeline([Stage("a", 2, 100.0)], 2), Outage(0, 1, 10, 20)

    found = simulate(pipeline, Load(120), 80, SEED, (away,))

    at = np.searchsorted(found.times, 20)
    assert found.waiting[at, 0] == pytest.approx(60 * 10, rel=0.15)
    assert found.waiting[-1, 0] < 20


def test_a_shared_resource_holds_all_stages_up() -> None:
    found = simulate(chain(1000, 1, 1, capacity=100), Load(500), 60, SEED)

    assert found.used[100:].mean() == pytest.approx(1, rel=1e-6)
    assert (found.served[-1, :2].sum()) == pytest.approx(100 * 60, rel=0.02)


def test_the_same_seed_gives_the_same_run() -> None:
    one, other = (simulate(chain(100, 2, 4), Load(150), 10, SEED) for _ in range(2))

    assert (one.waiting == other.waiting).all()
    assert (simulate(chain(100, 2, 4), Load(150), 10, SEED + 1).waiting != one.waiting).any()
