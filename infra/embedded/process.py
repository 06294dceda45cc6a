"""One child process: started on a leash with its log, known by pid and start time, stopped with its whole group."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil
from msgspec import Struct

from infra.embedded import leash
from schemas.errors import Refused

CLOCK_SLACK_S = 2.0
"""How far two readings of one process' start time may differ: Linux derives it from a boot time in whole seconds."""


class User(Struct, frozen=True):
    """An account to run as; `reach`: may pass folders that are closed to it (Linux capability DAC_OVERRIDE)."""

    uid: int
    gid: int
    reach: bool


class Command(Struct, frozen=True, kw_only=True):
    """What to run: `env` is added to the environment, `stop` is the signal that asks it to end in good order.

    `nice` is its CPU priority as in nice(1): with 10 it gets about a tenth of what others want.
    """

    argv: tuple[str, ...]
    env: dict[str, str] = {}
    stop: int = signal.SIGTERM
    grace_s: float = 15.0
    user: User | None = None
    nice: int = 0


async def spawn(command: Command, log: Path, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    """Start `command` in a session of its own; it is asked to end when this process dies, however that happens (Linux).

    Args:
        command: what to run.
        log: file that gets its standard output and error, appended.
        environment: the environment that `command.env` is added to.
    """
    with log.open("ab") as out:
        return await asyncio.create_subprocess_exec(
            *leashed(command),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env={**environment, **command.env},
            start_new_session=True,
        )


def leashed(command: Command) -> list[str]:
    """The argument list that runs `command` through `leash.py`."""
    user = command.user
    account = [-1, -1, 0] if user is None else [user.uid, user.gid, int(user.reach)]
    words = [os.getpid(), command.stop, command.nice, *account]
    return [sys.executable, "-I", "-S", leash.__file__, *map(str, map(int, words)), *command.argv]


async def stop(process: asyncio.subprocess.Process, command: Command) -> None:
    """Ask the process to end, wait `grace_s`, then kill what is left of its group."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.send_signal(command.stop)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), command.grace_s)
    kill_group(process.pid)
    await process.wait()


def run_once(command: Command, log: Path, timeout_s: float) -> None:
    """Run a command to its end from this thread, its output in `log` (replaced).

    Raises:
        Refused: it failed or took too long; the message holds the last lines of its output.
    """
    name = Path(command.argv[0]).name
    try:
        with log.open("wb") as out:
            code = subprocess.run(
                leashed(command),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                check=False,
                timeout=timeout_s,
                cwd="/",
            ).returncode
    except subprocess.TimeoutExpired as error:
        raise Refused(
            f"{name} was not done after {timeout_s:.0f} s and was ended; {log} ends with:\n{tail(log)}"
        ) from error
    if code != 0:
        raise Refused(f"{name} failed (exit {code}); {log} ends with:\n{tail(log)}")


def kill_group(pid: int) -> None:
    """Kill every process of the group that `pid` leads or led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def started(pid: int) -> float:
    """Epoch seconds at which the process began; 0.0 if there is none (or only its unread exit code is left)."""
    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return 0.0


def alive(pid: int | None, began: float) -> bool:
    """Whether the process that began then still runs: another one that got the same pid later is not it."""
    now = started(pid) if pid else 0.0
    return now > 0.0 and abs(now - began) < CLOCK_SLACK_S


def end(pid: int, began: float, grace_s: float) -> None:
    """Stop a process that need not be our child, if it still is the one that began then: SIGTERM, wait, SIGKILL."""
    if not alive(pid, began):
        return
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        process.terminate()
        try:
            process.wait(grace_s)
        except psutil.TimeoutExpired:
            kill_group(pid)
            process.wait(grace_s)


def rss(pid: int) -> int:
    """Resident bytes of a process and its children now."""
    try:
        top = psutil.Process(pid)
        members = [top, *top.children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for member in members:
        with suppress(psutil.Error):
            total += member.memory_info().rss
    return total


def tail(log: Path, lines: int = 12, limit: int = 16_384) -> str:
    """The last lines of a log that say something; empty if there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - limit))
            text = file.read(limit).decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join([line.rstrip() for line in text.splitlines() if line.strip()][-lines:])
