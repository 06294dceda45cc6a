"""What `performance` tells of two versions on the same samples: the gain of one over the other, pane by pane."""

from schemas.messages import Performance

KEPT = 20_000
"""Rows held at most: the oldest panes are forgotten first."""


class Evidence:
    """The latest row of each role, version and pane.

    A pane counts once its labels are due, `wait_ms` after its end, and only where both versions scored all of the
    same samples: else their means would be of different ones.
    """

    def __init__(self, wait_ms: int) -> None:
        self.now = 0
        self._wait_ms = wait_ms
        self._rows: dict[tuple[int, str, int], Performance] = {}

    def take(self, row: Performance) -> None:
        """Takes a row in; the same one again changes nothing."""
        self.now = max(self.now, row.watermark)
        self._rows[row.pane_start, row.role, row.version] = row
        if len(self._rows) > 2 * KEPT:
            self._rows = dict(sorted(self._rows.items())[-KEPT:])

    def gains(self, champion: int, shadow: int, since: int) -> tuple[list[float], list[int]]:
        """What `shadow` loses less a row, in nats, and labelled rows: of panes that ended after `since`, in order."""
        gains, labelled = [], []
        for (pane, role, version), theirs in sorted(self._rows.items()):
            ours = self._rows.get((pane, "shadow", shadow))
            due = theirs.pane_end > since and theirs.pane_end + self._wait_ms <= self.now
            if (role, version) == ("champion", champion) and due and ours is not None and _alike(theirs, ours):
                gains.append(theirs.log_loss - ours.log_loss)
                labelled.append(ours.labelled)
        return gains, labelled


def _alike(one: Performance, other: Performance) -> bool:
    return (one.predictions, one.labelled) == (other.predictions, other.labelled) and one.labelled > 0
