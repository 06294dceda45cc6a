"""Where a lane stands: a row of `state`, written with its outputs in one transaction, read at every assignment."""

import msgspec

from schemas.errors import Refused

KEY = b"position"
REMEDY = "Nothing was scored or changed: start the version of Leeway that wrote the row"
NEVER = -(2**62)
"""An event time before all others: none was seen."""


FORMAT = 3
"""Of the rows of `state`: raised when an older program could misread them."""


class Position(msgspec.Struct, kw_only=True):
    """`next`: next offset of `samples`; `reach`: next offset of `frames`; the counts are over all offsets below `next`.

    `largest` is the largest event time believed, in ms. received = scored + rejected + duplicates + unavailable, and
    next = received + empty: offsets that hold no record (markers of transactions, compaction).
    `late` and `ahead` are among the scored.
    `foreign` messages of `frames` were passed over as no frames of ours; `doubt`: none of ours has come since, so
    samples may be waiting behind the last of them. `source` is the id that Kafka gave the topic `samples`.
    `version` scores from `switched` (an offset of `samples`) on.
    """

    next: int = 0
    reach: int = 0
    largest: int = NEVER
    leaping: int = 0
    ids: int = 0
    received: int = 0
    scored: int = 0
    rejected: int = 0
    duplicates: int = 0
    late: int = 0
    ahead: int = 0
    unavailable: int = 0
    empty: int = 0
    version: int = 0
    switched: int = 0
    sketched: int = NEVER
    foreign: int = 0
    doubt: bool = False
    source: str = ""
    format: int = FORMAT

    @property
    def open(self) -> int:
        """Records received that ended nowhere, or (negative) in two places: anything but 0 is a fault."""
        return self.received - self.scored - self.rejected - self.duplicates - self.unavailable


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Position).decode


def read(data: bytes) -> Position:
    """A position row that this program may go on from.

    Raises:
        Refused: it is of another format, or no position.
    """
    try:
        found = decode(data)
    except msgspec.DecodeError as error:
        raise Refused(f"The position row does not decode ({error}). {REMEDY}") from error
    if found.format != FORMAT:
        raise Refused(f"The position row is of format {found.format}; this program knows {FORMAT}. {REMEDY}")
    return found
