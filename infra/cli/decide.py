"""The commands by which people decide: what they ask the retrainer for."""
# ruff: noqa: PLC0415 - imports within commands, as in __main__

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.given import HOME, Home, StreamName, console, settings, stream_of

if TYPE_CHECKING:
    from schemas.messages import Asked

PANEL = "Decide"
LATER = 75
"""The exit code where an answer is still to come."""
Why = Annotated[str, typer.Option("--why", help="Your reason; it stays in the trail.")]
Wait = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the answer.")]


def retrain(why: Why, home: Home = HOME, stream: StreamName = "", wait: Wait = 60) -> None:
    """Have a challenger trained now, whatever the cooldown says; it must prove itself as any other."""
    _ask(home, stream, "retrain", why, wait)


def freeze(why: Why, home: Home = HOME, stream: StreamName = "", wait: Wait = 60) -> None:
    """Let no model be trained or replaced until `leeway thaw`."""
    _ask(home, stream, "freeze", why, wait)


def thaw(why: Why, home: Home = HOME, stream: StreamName = "", wait: Wait = 60) -> None:
    """End a freeze."""
    _ask(home, stream, "thaw", why, wait)


def add(app: typer.Typer) -> None:
    """Makes these commands known."""
    for command in (retrain, freeze, thaw):
        app.command(rich_help_panel=PANEL)(command)


def _ask(home: Path, stream: str, kind: "Asked", why: str, wait_s: float) -> None:
    """Asks, and prints the answer as it comes."""
    from infra.cli import people
    from infra.cli.decisions import line

    where, out = settings(home), console(soft_wrap=True)
    wanted = people.request(stream_of(where, stream), kind, why)
    told = []
    for one in people.ask(where.kafka, wanted, wait_s, time.monotonic):
        out.print(line(one))
        told.append(one)
    if left := people.remark(wanted, told, wait_s):
        sys.stderr.write(f"leeway: {left}\n")
        raise typer.Exit(LATER)
