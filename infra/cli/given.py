"""What commands are given alike: the deployment's folder, the stream, and what they print to."""
# ruff: noqa: PLC0415 - imports within functions: Kafka's, PostgreSQL's and plotting's clients take seconds together

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from infra.settings import Settings

UNTOUCHED = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
Home = Annotated[
    Path, typer.Option("--home", envvar="LEEWAY_HOME", help="Folder of the deployment: data, logs, addresses.")
]
StreamName = Annotated[str, typer.Option("--stream", help="Name of the stream; not needed where there is only one.")]
HOME = Path(".leeway")
WIDE = 160


def console(*, soft_wrap: bool = False) -> "Console":
    """As wide as the terminal; where there is none, wide enough that no place or id is broken in two."""
    from rich.console import Console

    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDE
    return Console(width=wide, soft_wrap=soft_wrap)


def settings(home: Path) -> "Settings":
    """The servers' addresses."""
    import logging

    import structlog

    from infra.settings import from_environment

    # what a command meets it says itself, in a sentence; log lines between its own would spoil what it prints
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    return from_environment(home)


def stream_of(found: "Settings", name: str) -> str:
    """The stream that is meant, as said or as the only one there is."""
    from infra.cli import situation

    return situation.stream_of(found, name)


def become(home: Path, *words: str) -> None:
    """This process becomes that of another package."""
    from infra.cli import passthrough

    passthrough.become(words, home)
