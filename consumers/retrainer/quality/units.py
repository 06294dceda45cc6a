"""Changes of unit that producers make: x -> factor * x + offset."""

from dataclasses import dataclass

from infra.boosting import Floats

SPREAD = 1.25
"""A change of unit scales the spread within a pane like everything else; it may differ from those before by so much."""


@dataclass(frozen=True, slots=True)
class Unit:
    """What becomes of x, and what people call that."""

    factor: float
    words: str
    offset: float = 0.0


_PAIRS = (
    (1000.0, "values times 1,000", "values divided by 1,000"),
    (100.0, "shares as percent", "percent as shares"),
    (10.0, "values times 10", "values divided by 10"),
    (60.0, "minutes as seconds", "seconds as minutes"),
    (3600.0, "hours as seconds", "seconds as hours"),
    (24.0, "days as hours", "hours as days"),
    (2.204623, "kilograms as pounds", "pounds as kilograms"),
    (28.349523, "ounces as grams", "grams as ounces"),
    (1.609344, "miles as kilometres", "kilometres as miles"),
    (1.852, "nautical miles as kilometres", "kilometres as nautical miles"),
    (1.150779, "knots as miles per hour", "miles per hour as knots"),
    (3.6, "metres per second as kilometres per hour", "kilometres per hour as metres per second"),
    (2.236936, "metres per second as miles per hour", "miles per hour as metres per second"),
    (1.943844, "metres per second as knots", "knots as metres per second"),
    (2.54, "inches as centimetres", "centimetres as inches"),
    (3.28084, "metres as feet", "feet as metres"),
    (33.863887, "inches of mercury as hectopascals", "hectopascals as inches of mercury"),
    (1.333224, "millimetres of mercury as hectopascals", "hectopascals as millimetres of mercury"),
    (3.785412, "gallons as litres", "litres as gallons"),
    (4.184, "calories as joules", "joules as calories"),
)
UNITS = (
    Unit(1.8, "Celsius as Fahrenheit", 32.0),
    Unit(1 / 1.8, "Fahrenheit as Celsius", -32 / 1.8),
    Unit(1.0, "Celsius as kelvins", 273.15),
    Unit(1.0, "kelvins as Celsius", -273.15),
    Unit(-1.0, "the sign turned round"),
    *(Unit(factor, there) for factor, there, _ in _PAIRS),
    *(Unit(1 / factor, back) for factor, _, back in _PAIRS),
)


def changed(mean: float, std: float, means: Floats, stds: Floats) -> Unit | None:
    """The change of unit that makes a pane of the ones before it; None if it needs none, or none fits.

    A pane needs one that lies further outside of what those before it were than they differ among themselves; below
    what was always positive, by the ratio in which they differ.

    Args:
        mean: of the pane.
        std: of the pane.
        means: float64 (2,), least and largest of the panes before it.
        stds: likewise.
    """
    low, high = means
    least = low * low / high if low > 0 else 2 * low - high
    if not std > 0 or least <= mean <= 2 * high - low:
        return None
    fitting = [
        (abs((mean - unit.offset) / unit.factor - (low + high) / 2), unit)
        for unit in UNITS
        if _fits(mean, std, means, stds, unit)
    ]
    return min(fitting, key=lambda one: one[0])[1] if fitting else None


def _fits(mean: float, std: float, means: Floats, stds: Floats, unit: Unit) -> bool:
    was, spread = (mean - unit.offset) / unit.factor, std / abs(unit.factor)
    margin = (means[1] - means[0]) / 4
    inside = means[0] - margin <= was <= means[1] + margin
    if unit.offset == 0 and means[0] <= 0 <= means[1]:
        return False  # of a mean about zero a factor says nothing
    return bool(inside and stds[0] / SPREAD <= spread <= stds[1] * SPREAD)
