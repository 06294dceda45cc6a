"""The commands by which people look at versions and steer: models, promote, rollback, freeze, thaw, retrain."""
# ruff: noqa: PLC0415 - imports within commands, as in infra.cli.__main__
# ruff: noqa: FBT002 - typer reads switches from a function's parameters; nobody calls these by position

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.given import HOME, Home, StreamName, console, settings, stream_of

PANEL = "Steer"
Why = Annotated[str, typer.Option("--why", help="The reason, for the trail.")]
Who = Annotated[str | None, typer.Option("--who", help="Who asks; left out: the user of this machine.")]
Wait = Annotated[float, typer.Option("--wait", min=0, max=3600, help="Seconds to wait for the answer.")]
WAIT_S = 60.0


def models(home: Home = HOME, stream: StreamName = "") -> None:
    """The versions made: their roles, how each is served, its microseconds per 1,000 rows, its bytes, its loss."""
    from infra.cli import decisions
    from infra.cli import models as view

    found = settings(home)
    name = stream_of(found, stream)
    view.show(
        view.versions(decisions.find(found, name, 1_000_000), view.roles(found.kafka, name)), console(soft_wrap=True)
    )


def promote(
    version: Annotated[int, typer.Argument(min=1, help="A registered version.")],
    why: Why,
    home: Home = HOME,
    stream: StreamName = "",
    force: Annotated[bool, typer.Option("--force", help="At once, without a shadow that it must win.")] = False,
    who: Who = None,
    wait: Wait = WAIT_S,
) -> None:
    """Put a version in charge. Without --force it scores beside the champion first, and must be better."""
    _ask(home, stream, wait, ("promote", why, who, version), force=force)


def rollback(why: Why, home: Home = HOME, stream: StreamName = "", who: Who = None, wait: Wait = WAIT_S) -> None:
    """Go back to the version before."""
    _ask(home, stream, wait, ("rollback", why, who, None))


def freeze(why: Why, home: Home = HOME, stream: StreamName = "", who: Who = None, wait: Wait = WAIT_S) -> None:
    """Retrain and promote nothing until `leeway thaw`; what is in flight ends, and a watch still guards."""
    _ask(home, stream, wait, ("freeze", why, who, None))


def thaw(why: Why, home: Home = HOME, stream: StreamName = "", who: Who = None, wait: Wait = WAIT_S) -> None:
    """End a freeze."""
    _ask(home, stream, wait, ("thaw", why, who, None))


def retrain(why: Why, home: Home = HOME, stream: StreamName = "", who: Who = None, wait: Wait = WAIT_S) -> None:
    """Retrain now, whatever the cooldown; the gate decides as always."""
    _ask(home, stream, wait, ("retrain", why, who, None))


def add(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command(rich_help_panel="Look")(models)
    for command in (promote, rollback, freeze, thaw, retrain):
        app.command(rich_help_panel=PANEL)(command)


def _ask(
    home: Path, stream: str, wait: float, what: tuple[str, str, str | None, int | None], *, force: bool = False
) -> None:
    from infra.cli import ask

    asked = ask.request(*what, force=force)
    found = settings(home)
    if not ask.ask(found, stream_of(found, stream), asked, wait, console(soft_wrap=True)):
        raise typer.Exit(1)
