"""The tables of a stream, by what their rows are of and when."""

from dataclasses import dataclass
from typing import Literal

from schemas.errors import Refused


@dataclass(frozen=True, slots=True)
class Store:
    """A table.

    `time` is the column of its rows' age, `walk` the bigint column that rows are deleted along, within `groups`; None
    where the table is small. The `trail` says why a model changed: it is purged only if named.
    """

    name: str
    time: str
    groups: tuple[str, ...] = ()
    walk: Literal["offset"] | None = None
    trail: bool = False


STORES = {
    store.name: store
    for store in (
        Store("predictions", "ts", ("partition",), "offset"),
        Store("labels", "ts", ("partition",), "offset"),
        Store("rejected", "at", ("topic", "partition"), "offset"),
        Store("late", "at", ("topic", "partition"), "offset"),
        Store("drift", "pane_end"),
        Store("served", "at", (), "offset"),
        Store("budget", "pane_end", trail=True),
        Store("performance", "pane_end", trail=True),
        Store("drift_events", "event_time", trail=True),
        Store("decisions", "event_time", ("partition",), "offset", trail=True),
        Store("models", "at", (), "offset", trail=True),
    )
}


def store(name: str) -> Store:
    """The table of this name.

    Raises:
        Refused: there is none.
    """
    if name not in STORES:
        raise Refused(f"There is no table {name!r} of a stream; there are {', '.join(STORES)}")
    return STORES[name]
