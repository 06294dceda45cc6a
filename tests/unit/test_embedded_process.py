"""Processes are known by pid and start time, end with their group, and die with their supervisor."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from infra.embedded import process
from infra.embedded.child import Child
from infra.embedded.process import Command
from schemas.errors import Refused, Unavailable

FOREVER = "import signal; signal.pause()"
ENVIRONMENT = dict(os.environ)


def python(code: str) -> Command:
    return Command(argv=(sys.executable, "-c", code), grace_s=10)


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def test_another_process_with_a_stale_pid_is_neither_believed_nor_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", FOREVER]) as other:
        born = process.started(other.pid)

        process.end(other.pid, born - 3600, 5)

        assert not process.alive(other.pid, born - 3600)
        assert process.alive(other.pid, born)
        process.end(other.pid, born, 5)
        assert not process.alive(other.pid, born)


def test_a_pid_of_nobody_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()

    assert process.started(gone.pid) == 0.0
    assert not process.alive(gone.pid, 0.0)


def test_a_child_yields_to_others_with_its_whole_session(tmp_path: Path) -> None:
    log, autogroup = tmp_path / "log", Path("/proc/self/autogroup")
    told = "print(os.nice(0) - before, p.exists() and p.read_text())"
    code = f"import os, pathlib; before, p = {os.nice(0)}, pathlib.Path({str(autogroup)!r}); {told}"

    asyncio.run(finished(Command(argv=(sys.executable, "-c", code), nice=7), log))

    assert log.read_text().startswith("7 ")
    assert not autogroup.exists() or log.read_text().endswith("nice 7\n\n")


async def finished(command: Command, log: Path) -> None:
    await (await process.spawn(command, log, ENVIRONMENT)).wait()


def test_stop_takes_the_whole_group(tmp_path: Path) -> None:
    code = (
        f"import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', {FOREVER!r}]);"
        "print(child.pid, flush=True); child.wait()"
    )
    log = tmp_path / "log"

    async def run() -> tuple[int, float]:
        running = await process.spawn(python(code), log, ENVIRONMENT)
        await asyncio.to_thread(until, lambda: log.exists() and log.read_text().endswith("\n"))
        grandchild = int(log.read_text())
        born = process.started(grandchild)
        await process.stop(running, python(code))
        return grandchild, born

    grandchild, born = asyncio.run(run())

    until(lambda: not process.alive(grandchild, born))


def test_what_ignores_the_request_is_killed(tmp_path: Path) -> None:
    code = "import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    command = Command(argv=(sys.executable, "-c", code), grace_s=0.2)
    log = tmp_path / "log"

    async def run() -> int | None:
        running = await process.spawn(command, log, ENVIRONMENT)
        await asyncio.to_thread(until, lambda: log.exists() and "deaf" in log.read_text())
        await process.stop(running, command)
        return running.returncode

    assert asyncio.run(run()) == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, pathlib, signal, sys; from infra.embedded import process;"
        f"command = process.Command(argv=(sys.executable, '-c', {FOREVER!r}));"
        f"child = asyncio.run(process.spawn(command, pathlib.Path({str(tmp_path / 'log')!r}), dict(os.environ)));"
        "print(child.pid, flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        born = process.started(child)
        until(lambda: psutil.Process(child).cmdline()[-1] == FOREVER)
        parent.kill()

        until(lambda: not process.alive(child, born))


def test_a_command_that_fails_is_refused_with_the_end_of_its_output(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"(?s)failed \(exit 3\).*the disk is made of cheese"):
        process.run_once(python("print('the disk is made of cheese'); raise SystemExit(3)"), tmp_path / "log", 20)


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"was not done after 1 s and was ended"):
        process.run_once(python(FOREVER), tmp_path / "log", 1)


def test_tail_gives_the_last_lines_that_say_something(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xff" + b"x" * 50_000 + b"\nfirst\n\nsecond\n")

    assert process.tail(log, lines=2) == "first\nsecond"
    assert process.tail(tmp_path / "none") == ""


def test_a_process_that_ends_is_started_again_and_counted(tmp_path: Path) -> None:
    seen: list[str] = []

    async def run() -> Child:
        child = Child("flaky", python("raise SystemExit(7)"), tmp_path / "log", ENVIRONMENT, changed=lambda: None)
        child._changed = lambda: seen.append(child.state.state)  # noqa: SLF001 - the child must exist to be looked at
        await child.start()
        await asyncio.to_thread(until, lambda: seen.count("running") >= 3)
        await child.stop()
        return child

    child = asyncio.run(run())

    assert seen[:5] == ["running", "backoff", "running", "backoff", "running"]
    assert child.state.state == "stopped"
    assert child.state.last_exit == 7


def test_wrong_input_is_final_and_its_reason_is_kept(tmp_path: Path) -> None:
    async def run() -> Child:
        code = "print('flights.toml: no such feature'); raise SystemExit(2)"
        child = Child("score", python(code), tmp_path / "log", ENVIRONMENT, changed=lambda: None)
        await child.start()
        await asyncio.to_thread(until, lambda: child.state.state == "failed")
        await child.stop()
        return child

    child = asyncio.run(run())

    assert child.state.state == "failed"
    assert child.state.restarts == 0
    assert child.state.reason == "flights.toml: no such feature"


def test_a_server_that_dies_at_its_start_shows_its_last_words(tmp_path: Path) -> None:
    def silent() -> None:
        raise Unavailable("no answer")

    async def run() -> None:
        code = "print('cannot bind'); raise SystemExit(1)"
        child = Child("kafka", python(code), tmp_path / "log", ENVIRONMENT, changed=lambda: None, probe=silent)
        await child.start()

    with pytest.raises(Unavailable, match=r"(?s)kafka ended with 1 while starting:.*cannot bind"):
        asyncio.run(run())
