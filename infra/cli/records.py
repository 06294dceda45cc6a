"""Commands about single records and rows."""
# ruff: noqa: PLC0415 - see infra.cli.given
# ruff: noqa: FBT002 - typer reads switches from a function's parameters; nobody calls these by position

from typing import Annotated

import typer

from infra.cli.given import HOME, UNTOUCHED, Home, StreamName, become, console, settings, stream_of


def add(app: typer.Typer) -> None:
    """Registers them."""
    app.command(rich_help_panel="Look")(trace)
    app.command(rich_help_panel="Look", context_settings=UNTOUCHED)(dataset)


def trace(
    name: Annotated[str, typer.Argument(metavar="ID", help="Of a sample; without one of its own PARTITION-OFFSET.")],
    home: Home = HOME,
    stream: StreamName = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """One sample: its bytes, score, label, window, incident, and the decision that made its version serve."""
    from infra.cli.trace import command

    found = settings(home)
    if not command.trace(found, stream_of(found, stream), name, None if as_json else console(soft_wrap=True)):
        raise typer.Exit(1)


def dataset(context: typer.Context, home: Home = HOME) -> None:
    """The exact rows that a retrain was trained on: RETRAIN [FILE.parquet|FILE.csv]."""
    become(home, "consumers", "dataset", *context.args)
