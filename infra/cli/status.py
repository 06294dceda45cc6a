"""`leeway status`: the whole deployment on one screen, once or again and again."""

import sys
import time
from threading import Event

import msgspec
from rich.console import Console
from rich.live import Live

from infra.cli.screen import draw
from infra.cli.situation import gather
from infra.settings import Settings

REFRESH_S = 2.0


def once(settings: Settings, console: Console) -> None:
    """Prints it."""
    console.print(draw(gather(settings), time.time()))


def as_json(settings: Settings) -> None:
    """Writes it to standard output for other programs."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(gather(settings)), indent=2) + b"\n")


def watch(settings: Settings, console: Console, ended: Event) -> None:
    """Shows it until `ended` is set."""
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        while not ended.is_set():
            live.update(draw(gather(settings), time.time()), refresh=True)
            ended.wait(REFRESH_S)
