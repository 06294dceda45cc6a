"""Laws of sizing: more load takes no less of anything, and what is sized is used as planned at most."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scaling.inputs import FIGURES, Inputs, gather
from benchmarks.scaling.scenarios import Case, as_sized, killed, shortages, skewed
from benchmarks.scaling.sizing import PROCESSES, STREAM, Assumed, affordable, resources, size

MEASURED = dict.fromkeys(FIGURES, 1.0) | {
    "framer_us": 2.0,
    "scorer_us": 7.0,
    "warehouse_us": 4.0,
    "postgres_us": 11.0,
    "postgres_row_b": 500.0,
    "postgres_wal_b": 700.0,
    "samples_b": 150.0,
    "frames_b": 150.0,
    "predictions_b": 170.0,
    "broker_read_us_mb": 3000.0,
    "broker_commit_us": 3000.0,
    "scorer_starts_s": 5.0,
}
INPUTS = gather(MEASURED, None)
ASSUMED = Assumed()
rates = st.floats(1e3, 2e7)


@given(rates, rates)
def test_more_load_takes_no_less(one: float, other: float) -> None:
    less, more = (size(rate, INPUTS, ASSUMED) for rate in sorted((one, other)))

    assert less.partitions <= more.partitions
    assert less.brokers <= more.brokers
    assert all(less.units[name] <= more.units[name] for name in less.units if name not in PROCESSES)
    assert all(less.units[name] * 0.7 <= more.units[name] for name in PROCESSES)  # whole partitions: steps


@given(rates)
def test_nothing_is_used_for_more_than_planned(rate: float) -> None:
    found, given_ = size(rate, INPUTS, ASSUMED), resources(INPUTS, ASSUMED)

    for name in (*STREAM, "warehouse"):
        assert found.full(given_, name) * ASSUMED.utilisation >= rate * (1 - 1e-9)


@given(rates, st.floats(1.1, 5))
def test_a_dearer_scorer_takes_more_scorers_and_partitions(rate: float, times: float) -> None:
    dearer = Inputs(dict(INPUTS.figures) | {"scorer_us": times * INPUTS["scorer_us"]}, INPUTS.sources)

    assert size(rate, dearer, ASSUMED).units["scorer"] >= size(rate, INPUTS, ASSUMED).units["scorer"]
    assert size(rate, dearer, ASSUMED).partitions >= size(rate, INPUTS, ASSUMED).partitions


@given(rates)
def test_one_server_is_given_no_more_than_it_takes(rate: float) -> None:
    part = affordable(rate, INPUTS, ASSUMED)

    assert 0 < part.kept <= 1
    for name in ("PostgreSQL CPU", "PostgreSQL disk"):
        assert resources(INPUTS, part)[name].full * ASSUMED.utilisation >= rate * (1 - 1e-9)


def test_replicas_cost_the_brokers() -> None:
    alone, three = (resources(INPUTS, replace(ASSUMED, replication=copies)) for copies in (1, 3))

    assert all(alone[name].full > three[name].full for name in ("broker CPU", "broker network", "broker disk"))


def test_figures_of_make_bench_come_first_and_say_so() -> None:
    bench = {"numbers": {"table": [{"name": "scorer", "per_cpu_second": 200_000, "per_second": 9.0, "rss_mb": 8.0}]}}

    found = gather(MEASURED, bench)

    assert found["scorer_us"] == pytest.approx(5.0)
    assert found.sources["scorer_us"].startswith("bench.json")
    assert found.sources["framer_us"] == "scaling.json"


@pytest.fixture(scope="module")
def case() -> Case:
    return Case.of(1e6, INPUTS, affordable(1e6, INPUTS, ASSUMED))


def test_what_is_sized_keeps_up(case: Case) -> None:
    assert as_sized(case).found


def test_a_fifth_less_of_what_is_full_first_falls_behind(case: Case) -> None:
    near, *less = shortages(case)

    assert near.found
    assert not next(one for one in less if one.name.endswith(case.first)).found
    assert all(one.agrees for one in less)


def test_the_catch_up_after_a_kill_is_foreseen(case: Case) -> None:
    found = killed(case)

    assert found.catch_up_s is not None
    assert found.catch_up_s > 1
    assert found.agrees


def test_skewed_keys_break_what_holds_for_even_ones(case: Case) -> None:
    found = skewed(case)

    assert case.holds(case.size.rate)
    assert not found.found
    assert found.agrees
