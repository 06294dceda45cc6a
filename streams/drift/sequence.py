"""What a pane says for a change, in a currency that may be added up over time: a bet against "as ever".

Given the reference and all panes before it, the counts of a pane over groups follow Polya's urn if nothing changes; a
bet on tilted urns is worth E, with a mean of 1 then (Vovk and Wang 2021). R = (R + 1) E (Shiryaev and Roberts) passes A
by chance once in A panes or less often (Shin, Ramdas and Rinaldo 2023). Counts are taken down to what they are worth.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp

Shares = NDArray[np.float64]
TILTS = (0.05, 0.1, 0.2, 0.4, 0.8)
HALF = 0.5
"""Of a sample in each group beforehand (Jeffreys)."""


@dataclass(slots=True)
class Urn:
    """Of one column: what the panes so far held, taken down to what it is worth; float64 (groups,)."""

    seen: Shares | None = None

    def bet(self, reference: Shares, pane: Shares, *, ordered: bool) -> float:
        """Log E of the next pane, which is then seen.

        Args:
            reference: float64 (groups,), the sum is what the reference is worth.
            pane: float64 (groups,), the sum is what the pane is worth.
            ordered: whether groups lie in a row.
        """
        seen = np.zeros(len(reference)) if self.seen is None else self.seen
        urn = reference + HALF + seen
        self.seen = seen + pane
        tilted = urn * _tilts(urn, ordered=ordered)
        tilted *= urn.sum() / tilted.sum(axis=1, keepdims=True)
        bets = _drawn(np.vstack((urn, tilted)), pane)
        return float(logsumexp(bets) - math.log(len(bets)) - bets[0])


def _drawn(urns: Shares, pane: Shares) -> Shares:
    """Log P(pane | urn) of each row, but for what depends on the pane alone."""
    total = urns.sum(axis=1)
    drawn: Shares = (gammaln(urns + pane) - gammaln(urns)).sum(axis=1)
    drawn += gammaln(total) - gammaln(total + pane.sum())
    return drawn


def _tilts(urn: Shares, *, ordered: bool) -> Shares:
    """exp(theta phi): of ordered groups the first two Legendre polynomials of the rank, else each group alone."""
    p = urn / urn.sum()
    if ordered:
        rank = np.cumsum(p) - p / 2
        phi = np.stack((math.sqrt(3) * (2 * rank - 1), math.sqrt(5) * (6 * rank**2 - 6 * rank + 1)))
    else:
        phi = np.eye(len(urn)) * 2
    thetas = np.array([sign * tilt for tilt in TILTS for sign in (1, -1)])
    tilts: Shares = np.exp(thetas[:, None, None] * phi).reshape(-1, len(urn))
    return tilts


def after(wealth: float, bet: float, ceiling: float) -> float:
    """Log R of the next pane out of log R and log E; beyond the ceiling there is nothing more to win."""
    return min(ceiling, float(np.logaddexp(wealth, 0.0)) + bet)
