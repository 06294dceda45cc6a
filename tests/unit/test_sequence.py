"""Bets on a change: worth 1 on average while nothing changes, and growing once something does."""

import math

import numpy as np
from numpy.typing import NDArray

from streams.drift.sequence import Urn, after


def test_a_bet_is_worth_one_on_average_where_nothing_changes() -> None:
    rng, bets = np.random.default_rng(0), []
    for _ in range(4_000):
        truth = rng.dirichlet(np.full(5, 0.5))  # as the urn believes beforehand
        reference, pane = rng.multinomial(60, truth).astype(float), rng.multinomial(20, truth).astype(float)
        bets.append(math.exp(Urn().bet(reference, pane, ordered=True)))

    assert abs(np.mean(bets) - 1) < 4 * np.std(bets) / math.sqrt(len(bets))


def panes(rng: np.random.Generator, shares: NDArray[np.float64], count: int) -> list[NDArray[np.float64]]:
    return [rng.multinomial(300, shares / shares.sum()).astype(float) for _ in range(count)]


def test_wealth_stays_where_it_is_until_something_changes() -> None:
    rng, urn, wealth, so_far = np.random.default_rng(1), Urn(), -math.inf, []
    even, tilted = np.full(10, 0.1), np.exp(0.2 * np.linspace(-1.5, 1.5, 10))
    reference = rng.multinomial(5_000, even).astype(float)
    for pane in panes(rng, even, 50) + panes(rng, tilted, 20):
        wealth = after(wealth, urn.bet(reference, pane, ordered=True), 50)
        so_far.append(wealth)

    assert max(so_far[:50]) < math.log(100 * 50)
    assert so_far[-1] > math.log(1e6)


def test_a_new_category_is_bet_on_as_well() -> None:
    urn, wealth = Urn(), -math.inf
    for _ in range(5):
        wealth = after(wealth, urn.bet(np.array([500.0, 500.0, 0.0]), np.array([95.0, 95.0, 10.0]), ordered=False), 50)

    assert wealth > math.log(500)


def test_an_empty_pane_changes_nothing() -> None:
    assert Urn().bet(np.array([5.0, 5.0]), np.zeros(2), ordered=True) == 0
