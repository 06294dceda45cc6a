"""What a retrain answers: a drift event, and how what it names moved before."""

from msgspec import Struct

from schemas.messages import DriftEvent, DriftRow


class Cause(Struct, frozen=True, kw_only=True):
    """`rows` are windows of the columns that `event` names, against the champion's reference, in order of time."""

    event: DriftEvent
    rows: list[DriftRow]
