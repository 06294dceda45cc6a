"""What stands beside the champion, as the decisions tell it: a shadow, a watch, a model that is frozen."""

from collections.abc import Iterable

from infra.cli import words
from infra.cli.tables import Decision


def lines(trail: Iterable[Decision]) -> list[tuple[str, str]]:
    """Name and words of each that there is, of a trail in its order."""
    found: dict[str, tuple[str, str]] = {}
    for one in trail:
        since = words.minute(one.event_time)
        if found.get("shadow", ("",))[0] == one.retrain:
            found.pop("shadow")
        if one.step == "shadowing":
            found["shadow"] = (one.retrain, f"v{one.version} since {since}: {one.reason}")
        elif one.step == "promoted" and one.figures.get("previous") is not None:
            before = one.figures["previous"]
            found["watch"] = (one.retrain, f"v{one.version} since {since}, against v{before} before it")
        elif one.step in ("promoted", "confirmed", "rolled_back"):
            found.pop("watch", None)
        elif one.step == "frozen":
            found["frozen"] = (one.retrain, f"since {since} {one.reason}")
        elif one.step == "thawed":
            found.pop("frozen", None)
    return [(name, told) for name, (_, told) in found.items()]
