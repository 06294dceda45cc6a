"""The supervisor as a process of its own, with workers alone: reports, state file, setup, and its end."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from infra.embedded import process, stopping
from infra.embedded.home import Home, claim
from infra.embedded.launch import down, state
from infra.embedded.plan import Endpoints, Plan, Report, State, Worker, read, write

NOWHERE = Endpoints(kafka="127.0.0.1:1", postgres="postgresql:///none", mlflow="http://127.0.0.1:1")
FOREVER = (sys.executable, "-c", "import signal; signal.pause()")


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.02)


def run(root: Path, *, setup: tuple[Worker, ...] = (), workers: tuple[Worker, ...] = ()) -> tuple[Home, list[Report]]:
    """Start a supervisor and give its reports: it goes on detached, as after `up`."""
    home = claim(root)
    write(home.plan, Plan(servers=(), setup=setup, workers=workers, endpoints=NOWHERE))
    argv = [sys.executable, "-m", "infra.embedded.supervisor", "--home", str(home.root), "--plan", str(home.plan)]
    with home.log("supervisor").open("wb") as errors:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=errors, check=True, timeout=60)
    assert home.log("supervisor").read_bytes() == b""
    return home, [msgspec.json.decode(line, type=Report) for line in done.stdout.splitlines()[1:]]


def named(found: State | None) -> dict[str, str]:
    return {one.name: one.state for one in found.processes} if found else {}


def test_setup_then_workers_then_down(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    write_mark = f"import os, pathlib; pathlib.Path({str(mark)!r}).write_text(os.environ['LEEWAY_KAFKA'])"

    home, reports = run(
        tmp_path / "home",
        setup=(Worker(name="topics", argv=(sys.executable, "-c", write_mark)),),
        workers=(Worker(name="score", argv=FOREVER),),
    )

    assert reports == [Report(progress="topics: running"), Report(ready=True)]
    assert mark.read_text() == NOWHERE.kafka
    assert read(home.servers, Endpoints) == NOWHERE
    found = state(home.root)
    assert found is not None
    worker = found.processes[-1]
    assert (worker.name, worker.state, worker.restarts) == ("score", "running", 0)
    assert worker.rss > 0
    assert down(home.root)
    assert not process.alive(worker.pid, worker.started)
    assert state(home.root) is None
    assert not home.servers.exists()
    assert not down(home.root)


def test_a_failed_setup_is_reported_and_nothing_runs(tmp_path: Path) -> None:
    bad = Worker(name="topics", argv=(sys.executable, "-c", "print('no such topic'); raise SystemExit(2)"))

    home, reports = run(tmp_path, setup=(bad,), workers=(Worker(name="score", argv=FOREVER),))

    assert reports[-1] == Report(failed="topics failed (exit 2):\nno such topic", refused=True)
    until(lambda: state(home.root) is None)


def test_a_killed_worker_comes_back(tmp_path: Path) -> None:
    home, _ = run(tmp_path, workers=(Worker(name="score", argv=FOREVER),))
    before = state(home.root)
    assert before is not None
    assert before.processes[0].pid
    os.kill(before.processes[0].pid, signal.SIGKILL)

    until(lambda: (now := state(home.root)) and now.processes[0].restarts == 1 and now.processes[0].pid)

    after = state(home.root)
    assert after is not None
    assert after.processes[0].last_exit == -signal.SIGKILL
    assert down(home.root)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_leaves_nothing_and_is_said(tmp_path: Path) -> None:
    home, _ = run(tmp_path, workers=(Worker(name="score", argv=FOREVER),))
    found = state(home.root)
    assert found is not None
    worker = found.processes[0]
    os.kill(found.pid, signal.SIGKILL)

    until(lambda: not process.alive(worker.pid, worker.started))

    said: list[str] = []
    assert not stopping.stop(home, said.append)
    supervisor = f"The supervisor of the last start (process {found.pid})"
    assert said == [f"{supervisor} ended without stopping its servers; nothing of it still runs"]


def test_a_stale_state_file_does_not_end_an_innocent_process(tmp_path: Path) -> None:
    home = claim(tmp_path)
    with subprocess.Popen(FOREVER) as innocent:
        write(home.state, State(pid=innocent.pid, started=1.0, processes=[]))

        assert state(home.root) is None
        assert not down(home.root)
        assert innocent.poll() is None
        innocent.kill()
    assert named(state(home.root)) == {}
