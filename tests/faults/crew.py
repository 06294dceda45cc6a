"""All processes of a campaign under the product's own supervision of one process (`infra.embedded.child`)."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from infra.embedded import process
from infra.embedded.child import Child
from infra.embedded.process import Command
from schemas.errors import LeewayError

BACK_S = 150.0
"""A server that was away must answer again within this."""
THERE_S = 60.0
"""A process that is to be hit is waited for so long."""


class Crew:
    """Processes by name; `exits` counts how they ended: (name, exit code) -> times."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self.exits: Counter[tuple[str, int]] = Counter()
        self._children: dict[str, Child] = {}
        self._commands: dict[str, Command] = {}

    async def start(self, name: str, command: Command, probe: Callable[[], None] | None = None) -> None:
        """Starts a process and keeps it alive; with a probe, waits until it is ready.

        Raises:
            LeewayError: it did not get ready.
        """
        log = self.logs / f"{name}.log"
        child = Child(name, command, log, os.environ, changed=lambda: self._changed(name), probe=probe)
        self._children[name], self._commands[name] = child, command
        await child.start()

    async def once(self, name: str, command: Command) -> None:
        """Runs a command to its end.

        Raises:
            RuntimeError: it failed.
        """
        child = Child(name, command, self.logs / f"{name}.log", os.environ, changed=lambda: None)
        code = await child.once()
        if code != 0:
            raise RuntimeError(f"{name} ended with {code}:\n{child.tail()}")

    async def signal(self, name: str, number: signal.Signals) -> int:
        """Sends a signal to the process, once it is there; its process id.

        Raises:
            TimeoutError: it was not there for THERE_S.
        """
        deadline = time.monotonic() + THERE_S
        while True:
            pid = self._children[name].state.pid
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)
                    return pid
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} was not running for {THERE_S} s: {self._children[name].state.reason}")
            await asyncio.sleep(0.05)

    async def crash(self, name: str) -> int:
        """SIGKILL to the process and all its children, as if its machine were gone; its process id."""
        pid = await self.signal(name, signal.SIGKILL)
        process.kill_group(pid)
        return pid

    async def away(self, name: str, seconds: float) -> None:
        """Crashes it and keeps it down for a while; back when it answers again.

        Raises:
            LeewayError: it did not come back within BACK_S.
        """
        await self.crash(name)
        await self._children[name].stop()
        await asyncio.sleep(seconds)
        deadline = time.monotonic() + BACK_S
        while True:
            try:
                await self._children[name].start()
            except LeewayError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.5)
            else:
                return

    async def anew(self, name: str, before: int | None = None) -> None:
        """Waits until a server answers, as another process than `before`.

        Raises:
            TimeoutError: it does not within BACK_S.
        """
        deadline, state = time.monotonic() + BACK_S, self._children[name].state
        while state.state != "ready" or state.pid == before:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} did not get ready within {BACK_S} s: {state.reason}")
            await asyncio.sleep(0.05)

    def refused(self) -> list[str]:
        """Processes that ended for good, with what they said."""
        states = [child.state for child in self._children.values()]
        return [f"{state.name}: {state.reason}" for state in states if state.state == "failed"]

    async def stop(self, names: list[str]) -> list[str]:
        """Ends processes in good order, all at once; names of those that had to be killed."""
        hung = [await done for done in asyncio.as_completed([self._stop(name) for name in names])]
        return sorted(name for name in hung if name)

    async def stop_all(self) -> None:
        """Ends everything, the last started first."""
        for name in reversed(list(self._children)):
            await self._stop(name)

    async def _stop(self, name: str) -> str:
        began = time.monotonic()
        await self._children[name].stop()
        del self._children[name]
        return name if time.monotonic() - began >= self._commands[name].grace_s else ""

    def _changed(self, name: str) -> None:
        state = self._children[name].state
        if state.state in ("backoff", "failed") and state.last_exit is not None:
            self.exits[name, state.last_exit] += 1
