"""How soon to ask for the next retrain: when what the champion loses by its age has come to what a retrain is worth.

A champion ages: the longer it has served, the more a challenger would gain over it. If that gain grows steadily, by
`rate` of the loss in a millisecond, then waiting for t costs rate t^2 / 2, and a retrain that is worth `worth` is due
after sqrt(2 worth / rate): the economic order quantity (Harris, 1913). Each gate measures the rate anew, with an
error, since the rows of a few days say little; what is believed moves towards it as far as that error allows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

from consumers.training.loss import WIDTH
from schemas.messages import Figures

FIRST = 4
"""A first champion, of which nothing is known, is asked to prove itself after this part of the maximum age."""
SOONER, LATER = 3.0, 1.5
"""How many times shorter or longer than the last one an interval becomes at most: too late costs more than too soon.
After a drift event that a challenger gains from it becomes so much shorter: of what is new there is little at first."""
UNITS, LEAST = (86_400_000, 3_600_000, 60_000, 1_000), 4


@dataclass(frozen=True, slots=True)
class Proof:
    """What a gate has seen: a challenger's gain over a champion of this age (ms), and its standard error.

    Both as shares of the champion's loss. `drifted`: it was not age that had asked for it.
    """

    age: int
    gain: float
    error: float
    drifted: bool = False


def proof(age: int, figures: Figures, *, drifted: bool) -> Proof | None:
    """From the figures of a gate (nats, with the 95 % interval); None if they say nothing."""
    gain, low, high, loss = (figures.get(name) for name in ("gain", "low", "high", "champion"))
    numbers = [float(one) for one in (gain, low, high, loss) if isinstance(one, (int, float))]
    if len(numbers) < 4 or age <= 0 or numbers[3] <= 0:  # noqa: PLR2004 - all four
        return None
    gain, low, high, loss = numbers
    return Proof(age, gain / loss, (high - low) / WIDTH / loss, drifted)


def interval(proofs: Iterable[Proof], payoff: float, maximum_age: int, least: int) -> int:
    """Milliseconds from the last start, or from the training of the first champion, until a retrain is asked for.

    Args:
        proofs: oldest first.
        payoff: what a retrain must save to be worth it, as a share of the loss over `maximum_age`; above 0.
        maximum_age: the longest interval, in milliseconds.
        least: the shortest one.
    """
    worth = payoff * maximum_age
    found = maximum_age / FIRST
    for one in proofs:
        rate = _rate(one, 2 * worth / found**2)
        wanted = sqrt(2 * worth / rate) if rate > 0 else maximum_age
        most = found / SOONER if one.drifted and one.gain > one.error else LATER * found
        found = max(min(max(wanted, found / SOONER), most, maximum_age), least)
    return _whole(found)


def _rate(one: Proof, believed: float) -> float:
    """What is believed after a proof: both, weighed by their precision; a belief is as uncertain as it is large."""
    measured, error = one.gain / one.age, one.error / one.age
    return (believed * error**2 + measured * believed**2) / (error**2 + believed**2)


def _whole(length: float) -> int:
    """In whole days, hours, minutes or seconds, of which there are at least LEAST, so that people can read it."""
    unit = next((unit for unit in UNITS if length >= LEAST * unit), 1)
    return round(length / unit) * unit
