"""Figures, times and steps in words, the same in every view."""

from datetime import UTC, datetime

STYLES = {
    "requested": "yellow",
    "skipped": "dim",
    "started": "cyan",
    "trained": "cyan",
    "gated": "cyan",
    "registered": "cyan",
    "promoting": "green",
    "promoted": "bold green",
    "rejected": "magenta",
    "accepted": "cyan",
    "shadowing": "cyan",
    "confirmed": "green",
    "rolling_back": "bold red",
    "rolled_back": "bold red",
    "refused": "magenta",
    "frozen": "bold blue",
    "thawed": "blue",
    "failed": "bold red",
}
"""Colour of a decision's step."""
VERDICTS = {"drifted": "red", "stable": "green", "insufficient": "dim"}
"""Colour of a drift verdict."""


def count(number: float) -> str:
    """A whole number with thousands apart."""
    return f"{number:,.0f}"


def loss(value: float | None) -> str:
    """A log-loss to four places, or a dash where there is none yet."""
    return "–" if value is None else f"{value:.4f}"  # noqa: RUF001 - the dash of a table without a figure


def megabytes(size: float) -> str:
    """Bytes as megabytes."""
    return f"{size / 2**20:,.0f} MB"


def day(moment: datetime | int) -> str:
    """A date such as `14 Mar 2013`; whole numbers are epoch milliseconds."""
    return f"{_moment(moment):%d %b %Y}"


def minute(moment: datetime | int) -> str:
    """Date and time of day to the minute, in UTC; whole numbers are epoch milliseconds."""
    return f"{_moment(moment):%Y-%m-%d %H:%M}"


def lasted(seconds: float) -> str:
    """A length of time in its two largest units."""
    whole = int(seconds)
    for size, unit, small, lower in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // small} {lower}"
    return f"{whole} s"


def _moment(moment: datetime | int) -> datetime:
    if isinstance(moment, int):
        return datetime.fromtimestamp(moment / 1000, UTC)
    return moment.astimezone(UTC)
