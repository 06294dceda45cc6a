"""A progress bar on standard error for what takes minutes: how far, how fast, how long still."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.live import Live
from rich.text import Text

from infra.cli import bars, words

T = TypeVar("T")


@contextmanager
def advancing(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """Gives a function to be called with how many more are done; silent where standard error is no terminal."""
    begun, done = time.monotonic(), 0
    console = Console(file=sys.stderr)
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def tell(more: int) -> None:
            nonlocal done
            done += more
            if console.is_terminal:
                live.update(Text(progress(done, total, what, time.monotonic() - begun)), refresh=True)

        yield tell


def told(items: Iterable[T], tell: Callable[[int], None]) -> Iterator[T]:
    """The same, each told once it was used."""
    for item in items:
        yield item
        tell(1)


def progress(done: int, total: int, what: str, seconds: float) -> str:
    """A bar, what is done of all, the rate and what remains."""
    rate = done / max(seconds, 1e-3)
    left = words.lasted((total - done) / rate) if rate else "?"
    return (
        f"{bars.bar(done, max(total, 1), 30)} {words.count(done)} of {words.count(total)} {what},"
        f" {words.count(rate)}/s, {left} left"
    )
