"""`leeway models`: the versions that were made, what each costs to serve, and how good it was held to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli import words
from infra.cli.situation import models
from infra.cli.tables import Decision
from schemas.errors import Unavailable

_PLAIN = "none"


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the decisions tell of it; None is what they do not tell. `us` is per 1,000 rows, `loss` in nats."""

    number: int
    step: str
    trained: datetime
    served_by: str | None
    us: float | None
    size: float | None
    loss: float | None
    role: str = ""


def versions(decisions: Sequence[Decision], now: Mapping[int, str] | None = None) -> list[Version]:
    """Of each version its last step, the figures of its training, and its role now; oldest first.

    Going back is the last step of the version that went.
    """
    figures = {one.retrain: one.figures for one in decisions if one.step == "trained"}
    made = {one.version: one.retrain for one in decisions if one.step == "registered"}
    last = {number: one for one in decisions if (number := _about(one)) is not None and one.step != "rolled_back"}
    return [
        replace(_version(number, one, figures.get(made.get(number, one.retrain), {})), role=(now or {}).get(number, ""))
        for number, one in sorted(last.items())
    ]


def roles(bootstrap: str, stream: str) -> dict[int, str]:
    """What each version does now; nothing is known while Kafka is away."""
    try:
        now = models(bootstrap, stream)
    except Unavailable:
        return {}
    if now is None:
        return {}
    found = dict.fromkeys((one.version for one in now.shadows), "scores beside it")
    if now.previous is not None:
        beside = ", scores beside it" if now.previous.version in found else ""
        found[now.previous.version] = f"the one before{beside}"
    return found | {now.champion.version: f"champion since {words.minute(now.at)}"}


def _about(decision: Decision) -> int | None:
    return decision.figures.get("replaced") if decision.step == "rolling_back" else decision.version


def show(found: Sequence[Version], console: Console) -> None:
    """One line a version."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("version", "trained until", "last step", "now", "served by"):
        table.add_column(name, no_wrap=True)
    for name in ("us per 1,000 rows", "bytes", "log-loss"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        table.add_row(
            f"v{one.number}",
            words.minute(one.trained),
            Text(one.step, words.STYLES.get(one.step, "")),
            one.role,
            one.served_by or "?",
            "?" if one.us is None else words.count(one.us),
            "?" if one.size is None else words.count(one.size),
            words.loss(one.loss),
        )
    console.print(
        table if found else "No version has been made yet: `leeway train DECLARATION HISTORY` makes the first."
    )


def _version(number: int, last: Decision, figures: dict[str, Any]) -> Version:
    return Version(
        number=number,
        step=last.step,
        trained=last.event_time,
        served_by=_served_by(figures),
        us=figures.get("serving_us_per_1000_rows"),
        size=figures.get("serving_bytes"),
        loss=figures.get("log_loss"),
    )


def _served_by(figures: dict[str, Any]) -> str | None:
    way, variant = figures.get("served_by"), figures.get("compressed", _PLAIN)
    return way if way is None or variant == _PLAIN else f"{way}, {variant}"
