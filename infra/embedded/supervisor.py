"""The process behind `leeway up`: starts servers, setup and workers, keeps them alive, stops them in reverse.

`python -m infra.embedded.supervisor --home HOME --plan PLAN` detaches itself, writes its process id and then `Report`
lines to standard output until all is ready or something failed, and serves until SIGTERM.
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from infra.embedded import process
from infra.embedded.child import REFUSED_EXIT, Child
from infra.embedded.home import Home
from infra.embedded.plan import Plan, Report, Server, State, Worker, read, write
from infra.embedded.process import Command
from schemas.errors import LeewayError, Refused, Unavailable

MEASURE_S = 5.0


class Supervisor:
    """The children of one plan, and the file that says what they do."""

    def __init__(
        self, home: Home, plan: Plan, environment: Mapping[str, str], report: Callable[[Report], None]
    ) -> None:
        self._home, self._plan, self._report = home, plan, report
        self._environment = {**environment, **_surroundings(home, plan)}
        self._servers = [self._child(s.name, s.command(), environment, s.ready) for s in plan.servers]
        self._workers = [self._worker(worker) for worker in plan.workers]
        self._setup: list[Child] = []
        self._identity = os.getpid(), process.started(os.getpid())

    async def start(self) -> None:
        """Servers together, setup one by one, then workers.

        Raises:
            LeewayError: one of them failed.
        """
        self.save()
        self._home.forget_metrics()
        await self._start_servers()
        write(self._home.servers, self._plan.endpoints)
        for command in self._plan.setup:
            await self._set_up(command)
        for child in self._workers:
            await child.start()
        self.save()
        self._report(Report(ready=True))

    async def measure(self) -> None:
        """Write the memory of each process every few seconds, for ever."""
        while True:
            await asyncio.sleep(MEASURE_S)
            self.save()

    async def stop(self) -> None:
        """Workers first, then servers: nobody is left without the server that it writes to."""
        for group in (self._workers, self._setup, self._servers):
            await asyncio.gather(*(child.stop() for child in reversed(group)))
        self._home.servers.unlink(missing_ok=True)
        self.save()

    def save(self) -> None:
        """Replace the state file."""
        children = [*self._servers, *self._setup, *self._workers]
        pid, started = self._identity
        try:
            for child in children:
                child.measure()
            write(self._home.state, State(pid=pid, started=started, processes=[child.state for child in children]))
        except OSError as error:  # a full disk must not end the supervision of processes that still run
            sys.stderr.write(f"{self._home.state} could not be written: {error}\n")

    async def _start_servers(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for server, child in zip(self._plan.servers, self._servers, strict=True):
                    group.create_task(self._start_server(server, child))
        except ExceptionGroup as failures:  # the others were cancelled: the first one is the reason
            raise failures.exceptions[0] from failures

    async def _start_server(self, server: Server, child: Child) -> None:
        self._report(Report(progress=f"{server.name}: starting"))
        await asyncio.to_thread(server.prepare)
        await child.start()
        self._report(Report(progress=f"{server.name}: ready at {server.endpoint()}"))

    async def _set_up(self, command: Worker) -> None:
        self._report(Report(progress=f"{command.name}: running"))
        child = self._worker(command)
        self._setup.append(child)
        code = await child.once()
        if code != 0:
            kind = Refused if code == REFUSED_EXIT else Unavailable
            raise kind(f"{command.name} failed (exit {code}):\n{child.tail()}")

    def _worker(self, worker: Worker) -> Child:
        command = Command(argv=worker.argv, env=worker.env, nice=worker.nice)
        return self._child(worker.name, command, self._environment, None)

    def _child(
        self, name: str, command: Command, environment: Mapping[str, str], probe: Callable[[], None] | None
    ) -> Child:
        return Child(name, command, self._home.log(name), environment, changed=self.save, probe=probe)


def _surroundings(home: Home, plan: Plan) -> dict[str, str]:
    """What tells setup and workers of these servers, whatever the environment of `up` says; and logs without delay."""
    found = {f"LEEWAY_{key.upper()}": value for key, value in msgspec.structs.asdict(plan.endpoints).items()}
    return found | {"LEEWAY_HOME": str(home.root), "PYTHONUNBUFFERED": "1"}


async def supervise(home: Home, plan: Plan, environment: Mapping[str, str], report: Callable[[Report], None]) -> int:
    """Run a plan until SIGTERM or SIGINT; the exit code is 0, or that of the error that kept it from starting."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    supervisor = Supervisor(home, plan, environment, report)
    start, stop = asyncio.create_task(supervisor.start()), asyncio.create_task(told.wait())
    measure = asyncio.create_task(supervisor.measure())
    code = 0
    try:
        await asyncio.wait({start, stop}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()
            await stop
    except LeewayError as error:
        code = error.exit_code
        report(Report(failed=str(error), refused=isinstance(error, Refused)))
    except OSError as error:
        code = Unavailable.exit_code
        report(Report(failed=f"A file of {home.root} could not be used ({error}): mend that and run the command again"))
    finally:
        for task in (start, measure, stop):
            task.cancel()
        await asyncio.gather(start, measure, stop, return_exceptions=True)
        await supervisor.stop()
    return code


def say(line: Report) -> None:
    """Write a report line; after the last one standard output is closed, and nobody need be there to read."""
    with suppress(OSError):
        os.write(1, msgspec.json.encode(line) + b"\n")
    if line.ready or line.failed:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.close(nothing)


def detach() -> None:
    """Go on as a child of nobody in a session of its own; the first line of standard output is its process id."""
    if os.fork():
        os._exit(0)
    os.write(1, f"{os.getpid()}\n".encode())  # by the child: its reports cannot overtake it
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def main(argv: Sequence[str], environment: Mapping[str, str]) -> int:
    """Read the plan, detach, supervise."""
    parser = argparse.ArgumentParser(prog="python -m infra.embedded.supervisor", description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--plan", type=Path, required=True)
    options = parser.parse_args(argv)
    plan = read(options.plan, Plan)
    if plan is None:
        parser.error(f"{options.plan} holds no plan of this version")
    detach()
    return asyncio.run(supervise(Home(options.home), plan, environment, say))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
