"""Where a lane stands: a row of `state`, written with its outputs in one transaction, read at every assignment."""

import msgspec

KEY = b"position"
NEVER = -(2**62)
"""An event time before all others: none was seen."""


class Position(msgspec.Struct, kw_only=True):
    """`next`: next offset of `samples`; `reach`: next offset of `frames`; the counts are over all offsets below `next`.

    `largest` is the largest event time believed, in ms. received = scored + rejected + duplicates + unavailable;
    `late` and `ahead` are among the scored.
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
    version: int = 0
    switched: int = 0
    sketched: int = NEVER


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Position).decode
