"""Laws of the pace: bounded, sooner the more was gained, unmoved by what is not certain; the optimum where it is."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.retrainer.pace import FIRST, LATER, SOONER, Proof, interval, proof

DAY = 86_400_000
MOST, LEAST, PAYOFF = 56 * DAY, 5 * DAY, 0.01

proofs = st.lists(
    st.builds(Proof, st.integers(DAY, 80 * DAY), st.floats(-1, 1), st.floats(0, 1), st.booleans()), max_size=8
)


def days(*seen: Proof) -> float:
    return interval(seen, PAYOFF, MOST, LEAST) / DAY


def test_a_first_champion_is_asked_after_a_quarter_of_the_maximum_age() -> None:
    assert days() == 56 / FIRST


@given(proofs)
def test_an_interval_stays_between_the_least_and_the_most(seen: list[Proof]) -> None:
    assert LEAST <= interval(seen, PAYOFF, MOST, LEAST) <= MOST


@given(proofs, st.builds(Proof, st.integers(DAY, 80 * DAY), st.floats(-1, 1), st.floats(0, 1)), st.floats(0, 1))
def test_a_larger_gain_never_makes_it_longer(seen: list[Proof], last: Proof, more: float) -> None:
    richer = Proof(last.age, last.gain + more, last.error)
    assert interval([*seen, richer], PAYOFF, MOST, LEAST) <= interval([*seen, last], PAYOFF, MOST, LEAST)


@given(proofs, st.floats(-0.1, 0.1))
def test_what_is_quite_uncertain_changes_nothing(seen: list[Proof], gain: float) -> None:
    before = interval(seen, PAYOFF, MOST, LEAST)
    after = interval([*seen, Proof(20 * DAY, gain, 1e6)], PAYOFF, MOST, LEAST)
    assert after == pytest.approx(before, abs=DAY)  # it is in whole days


def test_a_steady_rate_leads_to_the_economic_order_quantity() -> None:
    rate = 0.002  # of the loss, a day
    seen: list[Proof] = []
    for _ in range(8):
        age = days(*seen)
        seen.append(Proof(round(age * DAY), rate * age, 1e-6))
    assert days(*seen) == pytest.approx(sqrt(2 * PAYOFF * 56 / rate), abs=0.5)


def test_after_a_gain_that_surprises_it_is_a_third_and_after_none_half_as_long_again() -> None:
    assert days(Proof(14 * DAY, 0.9, 0.01)) == max(5, 14 / SOONER)
    assert days(Proof(14 * DAY, -0.5, 0.01)) == 14 * LATER


def test_after_a_drift_event_a_certain_gain_is_followed_soon_and_no_gain_is_no_reason() -> None:
    small = Proof(14 * DAY, 0.004, 0.002, drifted=True)
    assert days(small) == pytest.approx(max(5, 14 / SOONER), abs=0.5)
    assert days(Proof(14 * DAY, 0.001, 0.002, drifted=True)) == days(Proof(14 * DAY, 0.001, 0.002))


def test_a_gate_that_saw_nothing_is_no_proof() -> None:
    figures: dict[str, float | int | str | None] = {"gain": 0.01, "low": 0.0, "high": 0.0392, "champion": 0.5}
    seen = proof(DAY, figures, drifted=False)
    assert seen is not None
    assert (seen.age, seen.gain) == (DAY, 0.02)
    assert seen.error == pytest.approx(0.02)
    assert proof(DAY, figures | {"gain": None}, drifted=False) is None
    assert proof(0, figures, drifted=False) is None
    assert proof(DAY, {}, drifted=False) is None


def test_intervals_are_read_by_people() -> None:
    minute = 60_000
    assert interval([], PAYOFF, 70 * minute, minute) == 18 * minute
    assert interval([], PAYOFF, 3 * DAY, minute) == 18 * 60 * minute
