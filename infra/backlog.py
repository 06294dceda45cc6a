"""How fast a backlog of samples drains, by two looks at the committed balance."""

from msgspec import Struct

from infra.balance import Balance

SMALL = 10_000
"""Records that wait up to here are traffic on its way, and no backlog."""


class Backlog(Struct, frozen=True, kw_only=True):
    """`waiting` samples are not scored yet; `done` are scored and `arriving` come in, each a second."""

    waiting: int
    done: float
    arriving: float

    @property
    def left_s(self) -> float | None:
        """Seconds until none waits; None while it does not become smaller."""
        return self.waiting / (self.done - self.arriving) if self.done > self.arriving else None


def between(before: Balance, after: Balance, seconds: float) -> Backlog:
    """Out of two looks so many seconds apart."""
    was, now = before.total, after.total
    arriving = (now.received - was.received) / seconds
    return Backlog(waiting=max(0, now.lag), done=arriving + (was.lag - now.lag) / seconds, arriving=arriving)
