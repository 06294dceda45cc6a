"""What a version may cost: time to score and bytes to fetch and hold, as [promotion] says."""

from collections.abc import Mapping

from consumers.training.checks.check import Check
from consumers.training.timing import SIZES, Times

LATENCY, SIZE = "latency", "size"


def latency(times: Times, limit_us: int) -> Check:
    """Passes when 1,000 rows take at most `limit_us` in a call of either size.

    Args:
        times: of the way that serves, microseconds per 1,000 rows by rows of a call.
        limit_us: [promotion] max_us_per_1000_rows.
    """
    worst = max(times[size] for size in SIZES)
    passed = worst <= limit_us
    reason = f"{worst:,.0f} us per 1,000 rows, {'within' if passed else 'above'} max_us_per_1000_rows {limit_us:,}"
    return Check(name=LATENCY, passed=passed, reason=reason, figures={"latency_us_per_1000_rows": worst})


def size(files: Mapping[str, int], limit: int) -> Check:
    """Passes when the version's files hold at most `limit` bytes together.

    Args:
        files: bytes by name.
        limit: [promotion] max_bytes.
    """
    total = sum(files.values())
    passed = total <= limit
    each = ", ".join(f"{name} {count:,}" for name, count in files.items())
    reason = f"{total:,} bytes ({each}), {'within' if passed else 'above'} max_bytes {limit:,}"
    return Check(name=SIZE, passed=passed, reason=reason, figures={"bundle_bytes": float(total)})
