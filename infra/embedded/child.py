"""Keeps one process alive: starts it, asks until it is ready, and starts it again with back-off whenever it ends."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from infra.embedded import process
from infra.embedded.plan import Phase, ProcessState
from infra.embedded.process import Command
from infra.embedded.rotation import Rotation
from schemas.errors import LeewayError, Unavailable

READY_S = 180.0
ASK_AGAIN_S = 0.1
FIRST_DELAY_S, LAST_DELAY_S = 0.2, 10.0
STEADY_S = 60.0
"""A process that lived this long begins its back-off anew."""
REFUSED_EXIT = 2
"""The exit code of wrong input (`schemas.errors.Refused`): starting it again cannot help."""


class Child:
    """One supervised process; `state` is what it does now, and `changed` is called whenever that changes."""

    def __init__(
        self,
        name: str,
        command: Command,
        log: Path,
        environment: Mapping[str, str],
        *,
        changed: Callable[[], None],
        probe: Callable[[], None] | None = None,
    ) -> None:
        self.state = ProcessState(name=name, state="stopped", since=time.time())
        self._command, self._log, self._environment = command, log, environment
        self._changed, self._probe = changed, probe
        self._rotation = Rotation(log)
        self._process: asyncio.subprocess.Process | None = None
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it and, if there is a probe, wait until it is ready; from then on it is kept alive.

        Raises:
            LeewayError: it ended, or did not answer in time; the message holds the last lines of its log.
        """
        await self._launch()
        self._task = asyncio.create_task(self._keep())

    async def once(self) -> int:
        """Run it to its end and give its exit code."""
        await self._launch()
        code = await self._ended()
        self._now("stopped")
        return code

    async def stop(self) -> None:
        """Stop it and keep it stopped."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None:
            await process.stop(self._process, self._command)
        if self.state.state != "failed":
            self._now("stopped")

    def tail(self) -> str:
        """The last lines of its log."""
        return process.tail(self._log)

    def measure(self) -> None:
        """Take its resident memory into `state`, and keep its log from growing without end."""
        self._rotation.look()
        self.state.rss = process.rss(self.state.pid) if self.state.pid else 0

    async def _launch(self) -> None:
        self._rotation.look()
        self._process = await process.spawn(self._command, self._log, self._environment)
        self.state.pid, self.state.started = self._process.pid, process.started(self._process.pid)
        self._now("starting" if self._probe else "running")
        if self._probe:
            await self._until_ready(self._process, self._probe)
            self._now("ready")

    async def _until_ready(self, running: asyncio.subprocess.Process, probe: Callable[[], None]) -> None:
        deadline = time.monotonic() + READY_S
        ended = asyncio.ensure_future(running.wait())
        while True:
            try:
                return await asyncio.to_thread(probe)
            except Unavailable as error:
                await asyncio.wait({ended}, timeout=ASK_AGAIN_S)
                if ended.done():
                    code = await self._ended()
                    raise Unavailable(f"{self.state.name} ended with {code} while starting:\n{self.tail()}") from error
                if time.monotonic() > deadline:
                    text = f"{self.state.name} did not answer within {READY_S:.0f} s ({error}):\n{self.tail()}"
                    raise Unavailable(text) from error

    async def _keep(self) -> None:
        while True:
            code = await self._ended()
            if code == REFUSED_EXIT and self._probe is None:
                self.state.reason = self.tail()
                return self._now("failed")
            await self._back_off()
            self.state.restarts += 1
            try:
                await self._launch()
            except (LeewayError, OSError) as error:
                self.state.reason = str(error)
                if self._process is not None:
                    await process.stop(self._process, self._command)

    async def _ended(self) -> int:
        """Wait for its end, and take what is left of its group with it."""
        if self._process is None:
            return 0
        began = time.monotonic()
        code = await self._process.wait()
        process.kill_group(self._process.pid)
        self._failures = 1 if time.monotonic() - began > STEADY_S else self._failures + 1
        self.state.pid, self.state.last_exit = None, code
        return code

    async def _back_off(self) -> None:
        self._now("backoff")
        await asyncio.sleep(min(LAST_DELAY_S, FIRST_DELAY_S * 2.0 ** (self._failures - 1)))

    def _now(self, phase: Phase) -> None:
        self.state.state, self.state.since = phase, time.time()
        self._changed()
