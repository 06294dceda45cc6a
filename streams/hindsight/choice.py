"""Which window is looked at."""

from dataclasses import dataclass

from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.messages import DriftRow
from schemas.reference import OUTCOMES
from schemas.topics import Topics
from streams.hindsight.kept import Live

EVER = (0, 2**62)
"""All of time, epoch ms."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A window of `window` panes until `pane_end` (epoch ms) against the reference of `version`."""

    version: int
    pane_end: int
    window: int


def last(
    declaration: Declaration,
    live: Live,
    window: int | None = None,
    version: int | None = None,
    span: tuple[int, int] = EVER,
) -> Choice:
    """The last that was judged within `span` (of panes' ends, epoch ms), of the newest version and the longest window.

    Raises:
        Refused: nothing was judged, or not then, not of this version, or not over this window.
    """
    if not live.rows:
        topic = Topics(declaration.name).drift
        raise Refused(f"{topic} is empty: no pane of {declaration.stream.pane} has been judged yet")
    inputs = [key for key in live.rows if key[3] not in OUTCOMES]
    ends = {(key[1], key[0]) for key in inputs if span[0] <= key[1] <= span[1] and version in (None, key[0])}
    if not ends:
        known = ", ".join(map(str, sorted({key[0] for key in live.rows})))
        raise Refused(f"Nothing was judged in that time of that version; versions that were judged: {known}")
    pane_end, newest = max(ends)
    windows = sorted({key[2] for key in live.rows if key[:2] == (newest, pane_end)})
    chosen = windows[-1] if window is None else window
    if chosen not in windows:
        raise Refused(f"A window of {chosen} panes is not judged; there are {', '.join(map(str, windows))}")
    return Choice(newest, pane_end, chosen)


def rows(live: Live, choice: Choice) -> list[DriftRow]:
    """Of inputs those of this window; of outcomes, which are known later, the last ones until then."""
    mine = [key for key in live.rows if (key[0], key[2]) == (choice.version, choice.window)]
    known = max((key[1] for key in mine if key[3] in OUTCOMES and key[1] <= choice.pane_end), default=0)
    return [live.row(key) for key in mine if key[1] == (known if key[3] in OUTCOMES else choice.pane_end)]
