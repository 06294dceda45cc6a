"""Small charts out of block characters: bars against a limit, and sparklines."""

from collections.abc import Sequence

EIGHTHS = " ▁▂▃▄▅▆▇█"
SLICES = " ▏▎▍▌▋▊▉█"


def bar(value: float, full: float, width: int) -> str:
    """A horizontal bar, `width` characters long where `value` reaches `full`, padded with spaces."""
    slices = round(min(max(value / full, 0.0), 1.0) * width * 8)
    whole, rest = divmod(slices, 8)
    return ("█" * whole + (SLICES[rest] if rest else "")).ljust(width)


def against(value: float, limit: float, width: int) -> str:
    """A bar on a scale of twice the limit; where it ends before its middle, a line there marks the limit."""
    drawn = bar(value, 2 * limit, width)
    middle = width // 2
    return drawn if drawn[middle] != " " else f"{drawn[:middle]}│{drawn[middle + 1 :]}"


def sparkline(values: Sequence[float | None], low: float, high: float, rows: int = 1) -> list[str]:
    """A column chart, top row first, one character a value; None leaves a gap.

    Args:
        values: what is drawn.
        low: the value at the foot; what lies lower still shows as the smallest mark.
        high: the value at the top.
        rows: characters of height.
    """
    span = max(high - low, 1e-9)
    heights = [None if v is None else max(1, round(min((v - low) / span, 1.0) * rows * 8)) for v in values]
    return [
        "".join(" " if h is None else EIGHTHS[min(max(h - 8 * row, 0), 8)] for h in heights)
        for row in reversed(range(rows))
    ]


def resample(points: Sequence[tuple[float, float]], start: float, stop: float, width: int) -> list[float | None]:
    """The mean of the points in each of `width` equal parts of start..stop; None where a part has none."""
    sums = [0.0] * width
    counts = [0] * width
    for place, value in points:
        if start <= place < stop:
            index = int((place - start) / (stop - start) * width)
            sums[index] += value
            counts[index] += 1
    return [total / count if count else None for total, count in zip(sums, counts, strict=True)]
