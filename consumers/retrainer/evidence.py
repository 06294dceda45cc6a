"""What `performance` tells of two versions on the same samples: the gain of one over the other, pane by pane."""

from collections.abc import Iterator

from schemas.messages import Performance

KEPT = 20_000
"""Rows held when twice as many have come: the oldest panes are forgotten first."""


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
        for theirs in sorted(self._due(champion, since), key=lambda row: row.pane_start):
            ours = self._rows.get((theirs.pane_start, "shadow", shadow))
            if ours is not None and _alike(theirs, ours):
                gains.append(theirs.log_loss - ours.log_loss)
                labelled.append(ours.labelled)
        return gains, labelled

    def _due(self, champion: int, since: int) -> Iterator[Performance]:
        """Few of many: this is asked at every poll, so they are not sorted before."""
        for row in self._rows.values():
            mine = (row.role, row.version) == ("champion", champion)
            if mine and since < row.pane_end <= self.now - self._wait_ms:
                yield row


def _alike(one: Performance, other: Performance) -> bool:
    return (one.predictions, one.labelled) == (other.predictions, other.labelled) and one.labelled > 0
