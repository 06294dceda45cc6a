"""Where a lane stands: written with its outputs in one transaction, read back at every assignment."""

import msgspec

from streams.watermark import NEVER, Watermark

KEY = b"position"


class Position(msgspec.Struct, kw_only=True):
    """`next`: next offset of `samples`; `reach`: next offset of `frames`; the counts are over all offsets below `next`.

    received = scored + rejected + duplicates + unavailable; `late` and `ahead` are among the scored.
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

    @property
    def watermark(self) -> Watermark:
        """Event time of the partition."""
        return Watermark(self.largest, self.leaping)


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Position).decode
