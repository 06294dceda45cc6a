"""Stopping what runs in a home folder, also what a killed supervisor left behind."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from infra.embedded import process
from infra.embedded.home import Home
from infra.embedded.plan import Plan, ProcessState, State, read
from infra.embedded.postgres import PostgresServer

STOP_S = 90.0
"""How long the supervisor may take to stop everything: the sum of what its children may take."""
LEFTOVER_S = 20.0


def state(home: Home) -> State | None:
    """What the processes of `home` do now; None if its supervisor does not run."""
    found = read(home.state, State)
    return found if found is not None and process.alive(found.pid, found.started) else None


def stop(home: Home, on_progress: Callable[[str], None]) -> bool:
    """Stop the supervisor if it runs, else what it left behind; whether there was anything.

    A process id of the state file counts only with the start time beside it: another program that got the same id
    since is left alone.
    """
    found = read(home.state, State)
    if found is None:
        return False
    running = process.alive(found.pid, found.started)
    living = [one for one in found.processes if process.alive(one.pid, one.started)]
    if running:
        process.end(found.pid, found.started, STOP_S)
    elif any(one.pid is not None for one in found.processes):
        on_progress(_stale(found, living))
    for one in reversed(living):
        process.end(one.pid or 0, one.started, LEFTOVER_S)
    home.servers.unlink(missing_ok=True)
    home.state.unlink(missing_ok=True)
    _forget_sockets(home)
    return running or bool(living)


def _stale(found: State, living: list[ProcessState]) -> str:
    left = f"{', '.join(one.name for one in living)} still ran: stopping" if living else "nothing of it still runs"
    return f"The supervisor of the last start (process {found.pid}) ended without stopping its servers; {left}"


def _forget_sockets(home: Home) -> None:
    """Remove the socket's folder where it had to lie outside of `home`."""
    plan = read(home.plan, Plan)
    for server in plan.servers if plan else ():
        if isinstance(server, PostgresServer) and not Path(server.sockets).is_relative_to(home.root):
            with suppress(OSError):  # not empty or gone: then it is not as we left it, and not ours to remove
                Path(server.sockets).rmdir()
