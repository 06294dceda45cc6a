"""The replay against a real Kafka: order, times and keys as sent, and holding while a retrain is in flight."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from infra.embedded import Endpoints
from infra.kafka import producer, read
from infra.provisioning import topics
from producers.generate import Traffic, traffic, write
from producers.hold import watching
from schemas.declaration import parse
from schemas.errors import Unavailable
from schemas.messages import Decision, Step, encode

TOML = """
[stream]
name = "{name}"
[features]
x0 = {{ kind = "number" }}
x1 = {{ kind = "number" }}
x2 = {{ kind = "number" }}
city = {{ kind = "category" }}
"""
N = 3_000


def declared(servers: Endpoints, folder: Path, name: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(TOML.format(name=name))
    topics(servers.kafka, parse(path.read_bytes(), name))
    write(traffic(Traffic(n=N)), folder / "made.csv")
    return path


def command(servers: Endpoints, declaration: Path, *options: str) -> list[str]:
    words = ["-m", "producers", "replay", str(declaration), str(declaration.parent / "made.csv")]
    return [sys.executable, *words, "--kafka", servers.kafka, *options]


def environment(folder: Path) -> dict[str, str]:
    return os.environ | {"LEEWAY_HOME": str(folder)}


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come true in time"
        time.sleep(0.05)


def begun(servers: Endpoints, topic: str) -> bool:
    try:
        return count(servers, topic) > 0
    except Unavailable:  # the topic is new and has no leader yet
        return False


def count(servers: Endpoints, topic: str) -> int:
    return sum(sum(1 for _ in read(servers.kafka, topic, partition)) for partition in range(3))


def test_every_record_arrives_at_its_own_time_in_order(servers: Endpoints, tmp_path: Path) -> None:
    declaration = declared(servers, tmp_path, "replay-all")
    done = subprocess.run(
        command(servers, declaration),
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.startswith(f"Sent {N} samples and {N} labels")
    for topic in ("samples", "labels"):
        ids = set[str]()
        for partition in range(3):
            times = list[int]()
            for message in read(servers.kafka, f"replay-all.{topic}", partition):
                value = msgspec.json.decode(message.value() or b"")
                assert message.timestamp()[1] == value["ts"]
                assert message.key() == value["id"].encode()
                times.append(value["ts"])
                ids.add(value["id"])
            assert times
            assert times == sorted(times)
        assert len(ids) == N


def test_sigterm_ends_it_cleanly_and_what_it_says_is_what_arrived(servers: Endpoints, tmp_path: Path) -> None:
    declaration = declared(servers, tmp_path, "replay-stop")
    process = subprocess.Popen(
        command(servers, declaration, "--speed", "500"), env=environment(tmp_path), stdout=subprocess.PIPE, text=True
    )
    try:
        until(lambda: begun(servers, "replay-stop.samples"))
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    samples, labels = count(servers, "replay-stop.samples"), count(servers, "replay-stop.labels")
    assert said.startswith(f"Stopped after {samples} samples and {labels} labels")
    assert samples < N


def test_decisions_hold_and_release(servers: Endpoints, tmp_path: Path) -> None:
    declared(servers, tmp_path, "replay-hold")
    outlet = producer(servers.kafka)

    def decide(step: Step, retrain: str) -> None:
        decision = Decision(retrain=retrain, event="e", stream="replay-hold", step=step, reason="", event_time=1, at=1)
        outlet.produce("replay-hold.decisions", encode(decision), b"replay-hold")
        assert outlet.flush(30) == 0

    decide("started", "before")
    said = list[str]()
    with watching(servers.kafka, "replay-hold", said.append) as flight:
        decide("requested", "now")
        decide("started", "now")
        until(lambda: flight.retrain == "now")
        outlet.produce("replay-hold.decisions", b"nonsense", b"replay-hold")
        decide("promoted", "now")
        until(lambda: flight.retrain is None)
        assert len(said) == 1
        assert "replay-hold.decisions/0/3 is not a decision" in said[0]
    assert [thread.name for thread in threading.enumerate() if thread.name == "hold"] == []


def test_holding_on_a_stream_that_does_not_exist_is_said_before_anything_is_sent(servers: Endpoints) -> None:
    with (
        pytest.raises(Unavailable, match=r"nowhere\.decisions cannot be read"),
        watching(servers.kafka, "nowhere", print),
    ):
        pass


def test_a_stream_without_topics_is_refused(servers: Endpoints, tmp_path: Path) -> None:
    path = tmp_path / "absent.toml"
    path.write_text(TOML.format(name="absent"))
    write(traffic(Traffic(n=5)), tmp_path / "made.csv")
    done = subprocess.run(
        command(servers, path), env=environment(tmp_path), capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Topic absent.samples cannot be used")
    assert len(done.stderr.splitlines()) == 1
