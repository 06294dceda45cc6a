"""The embedded servers, for real: up, used by Kafka's own tools, killed, brought back, down; nothing is left."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from infra.embedded import Endpoints, ProcessState, Worker, down, process, state, up
from infra.embedded.home import claim
from infra.embedded.kafka import probe
from schemas.errors import Refused, Unavailable

WORKER = Worker(name="idle", argv=(sys.executable, "-c", "import signal; signal.pause()"))


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def start(home: Path, said: list[str] | None = None) -> Endpoints:
    progress = said.append if said is not None else lambda _: None
    return up(home, kafka_port=0, mlflow_port=0, workers=(WORKER,), on_progress=progress)


def tool(home: Path, *words: str, given: str = "") -> str:
    code = "import sys, pathlib; from infra.cli.kafka import kafka_command;"
    code += "kafka_command(sys.argv[2], sys.argv[3:], home=pathlib.Path(sys.argv[1]))"
    environment = {key: value for key, value in os.environ.items() if key != "LEEWAY_KAFKA"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(home), *words],
        input=given,
        capture_output=True,
        text=True,
        check=True,
        timeout=90,
        env=environment,
    )
    return done.stdout


def processes(home: Path) -> dict[str, ProcessState]:
    found = state(home)
    return {one.name: one for one in found.processes} if found else {}


def answers(endpoints: Endpoints) -> bool:
    try:
        probe(endpoints.kafka)
    except Unavailable:
        return False
    return True


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("embedded") / ".leeway"
    yield root
    down(root)


def test_records_survive_a_killed_broker_and_a_restart(home: Path) -> None:
    endpoints = start(home)
    tool(home, "topics", "--create", "--topic", "flights.samples", "--partitions", "2")
    tool(home, "console-producer", "--topic", "flights.samples", given="one\ntwo\nthree\n")
    consume = ("console-consumer", "--topic", "flights.samples", "--from-beginning", "--max-messages", "3")

    assert sorted(tool(home, *consume).split()) == ["one", "three", "two"]

    broker = processes(home)["kafka"]
    assert broker.pid
    os.kill(broker.pid, signal.SIGKILL)
    until(lambda: processes(home)["kafka"].restarts == 1 and processes(home)["kafka"].state == "ready")

    assert answers(endpoints)
    assert sorted(tool(home, *consume).split()) == ["one", "three", "two"]
    assert processes(home)["kafka"].last_exit == -signal.SIGKILL

    before = processes(home)
    assert down(home)
    assert [one.name for one in before.values() if process.alive(one.pid, one.started)] == []
    began = time.monotonic()

    assert start(home) == endpoints
    assert time.monotonic() - began < 60
    assert sorted(tool(home, *consume).split()) == ["one", "three", "two"]


def test_postgres_and_mlflow_answer(home: Path) -> None:
    endpoints = start(home)

    with psycopg.connect(endpoints.postgres) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("leeway",)
    with urllib.request.urlopen(f"{endpoints.mlflow}/health", timeout=20) as answer:  # noqa: S310 - our own loopback server
        assert answer.status == 200


def test_the_same_up_again_does_nothing_and_another_is_refused(home: Path) -> None:
    endpoints, said = start(home), list[str]()
    before = processes(home)

    assert start(home, said) == endpoints
    assert said == [f"Leeway already runs in {home}: nothing was started"]
    assert {name: one.pid for name, one in processes(home).items()} == {name: one.pid for name, one in before.items()}
    with pytest.raises(Refused, match=r"already runs in .* with other servers, ports or workers: run `leeway down`"):
        up(home, kafka_port=0, mlflow_port=0)


def test_a_taken_port_starts_nothing(home: Path, tmp_path: Path) -> None:
    port = int(start(home).kafka.rpartition(":")[2])

    with pytest.raises(Refused, match=rf"Port {port} .*--kafka-port"):
        up(tmp_path / "other", kafka_port=port, mlflow_port=0)

    assert state(tmp_path / "other") is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_takes_all_with_it(home: Path) -> None:
    start(home)
    found = state(home)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)

    until(lambda: not any(process.alive(one.pid, one.started) for one in found.processes))

    said: list[str] = []
    start(home, said)
    assert any(f"process {found.pid}) ended without stopping its servers" in line for line in said)


def test_a_failing_setup_brings_all_down_and_shows_why(tmp_path: Path) -> None:
    bad = Worker(name="migrate", argv=(sys.executable, "-c", "print('column is missing'); raise SystemExit(1)"))

    with pytest.raises(Unavailable, match=r"(?s)migrate failed \(exit 1\).*column is missing"):
        up(tmp_path, kafka_port=0, mlflow_port=0, setup=(bad,))

    until(lambda: state(tmp_path) is None)


def test_a_server_that_dies_at_its_start_brings_all_down_and_shows_its_last_words(tmp_path: Path) -> None:
    cluster = tmp_path / "postgres" / "data"
    claim(tmp_path)
    cluster.mkdir()
    (cluster / "PG_VERSION").write_text("12\n")
    (cluster / "postgresql.conf").touch()

    with pytest.raises(
        Unavailable, match=r"(?s)postgres ended with 1 while starting:.*initialized by PostgreSQL version 12"
    ):
        up(tmp_path, kafka_port=0, mlflow_port=0)

    until(lambda: state(tmp_path) is None)


def test_a_tool_that_fails_passes_its_exit_code_on(home: Path) -> None:
    start(home)

    with pytest.raises(subprocess.CalledProcessError) as failed:
        tool(home, "topics", "--describe", "--topic", "nothing.of.this.name")

    assert failed.value.returncode == 1
    assert "does not exist" in failed.value.stdout
    assert failed.value.stderr == ""


def test_interrupted_up_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(text: str) -> None:
        if text.startswith("postgres: ready"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        up(tmp_path, kafka_port=0, mlflow_port=0, on_progress=interrupt)

    assert state(tmp_path) is None


def test_fresh_deletes_the_data(home: Path) -> None:
    start(home)
    up(home, kafka_port=0, mlflow_port=0, workers=(WORKER,), fresh=True)

    assert "flights.samples" not in tool(home, "topics", "--list").split()
