"""Asks and shows."""

import sys

import msgspec
from rich.console import Console

from infra.cli.trace import ask, show
from infra.settings import Settings


def trace(settings: Settings, stream: str, name: str, console: Console | None) -> bool:
    """To the console as a story, or without one as JSON; whether anything has this id.

    Raises:
        Unavailable: PostgreSQL or Kafka does not answer.
    """
    found = ask.ask(settings, stream, name)
    if console is None:
        sys.stdout.write(f"{msgspec.json.encode(found).decode()}\n")
    else:
        show.show(found, console)
    return found.known
