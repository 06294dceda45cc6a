"""`leeway models`: the versions that were made, what each costs to serve, and how good it was held to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli import words
from infra.cli.tables import Decision

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


def versions(decisions: Sequence[Decision]) -> list[Version]:
    """Of each version its last step, and the figures of its training; oldest first."""
    figures = {one.retrain: one.figures for one in decisions if one.step == "trained"}
    last = {one.version: one for one in decisions if one.version is not None}
    return [_version(number, one, figures.get(one.retrain, {})) for number, one in sorted(last.items())]


def show(found: Sequence[Version], console: Console) -> None:
    """One line a version."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="dim")
    for name in ("version", "trained until", "last step", "served by"):
        table.add_column(name, no_wrap=True)
    for name in ("us per 1,000 rows", "bytes", "log-loss"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in found:
        table.add_row(
            f"v{one.number}",
            words.minute(one.trained),
            Text(one.step, words.STYLES.get(one.step, "")),
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
