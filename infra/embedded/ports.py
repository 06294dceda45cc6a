"""Ports on loopback: a free one, the one of the last start, or a clear word that the one asked for is taken."""

import random
import socket
from typing import Protocol

from schemas.errors import Refused

HOST = "127.0.0.1"
LASTING = range(20_000, 32_000)
"""Below the ports that systems give to clients (Linux: from 32768 on): one of those could take a server's port while
it is down for a moment."""


class Pick(Protocol):
    """`choose` or `keep`."""

    def __call__(self, asked: int, before: int | None, *, server: str, option: str) -> int:
        """See `choose`."""
        ...


def choose(asked: int, before: int | None, *, server: str, option: str) -> int:
    """The port to listen on.

    Args:
        asked: a port, or 0 for that of the last start if it is still free, else any free one.
        before: the port of the last start, if there was one.
        server: whose it is, for the message.
        option: the option that changes it, for the message.

    Raises:
        Refused: `asked` is taken.
    """
    if asked == 0:
        return before if before is not None and free(before) else any_free()
    if not free(asked):
        raise Refused(
            f"Port {asked} on {HOST}, which {server} is to listen on, is taken by another program: nothing was "
            f"started. Stop that program, or give another port by {option} (0 = any free one)"
        )
    return asked


def keep(asked: int, before: int | None, *, server: str, option: str) -> int:  # noqa: ARG001 - a `Pick` like `choose`
    """The port of servers that run already, to compare with: theirs where it was left open, else the one asked for."""
    return before if asked == 0 and before is not None else asked


def free(port: int) -> bool:
    """Whether nobody listens on the port."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port))
        except OSError:
            return False
        return True


def any_free() -> int:
    """A port that nobody listens on now, and that no client is likely to be given."""
    for port in random.sample(LASTING, 100):
        if free(port):
            return port
    with socket.socket() as trial:
        trial.bind((HOST, 0))
        given: int = trial.getsockname()[1]
        return given
