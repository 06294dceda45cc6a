"""Where a microsecond of the scorer goes: CPU by thread from the kernel, Python's part of it by stage from py-spy."""

import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil

from benchmarks.compare import stacks, stream
from benchmarks.compare.arena import Process
from benchmarks.compare.bench import Bench
from benchmarks.compare.meter import Ends
from benchmarks.compare.subject import PARTITIONS, Flights, Numbers, Subject

SECONDS, HERTZ = 2, 250
PATIENCE_S = 60
RECORDS = 1_200_000
CLIENT = "Kafka client's threads (librdkafka)"


def measure(bench: Bench) -> dict[str, Any]:
    """Of both subjects, one pass each: a profile is no ratio."""
    return {
        "numbers": _profiled(bench, Numbers(), RECORDS),
        "flights": _profiled(bench, Flights(), 330_000),
        "missed": [],
    }


def _profiled(bench: Bench, subject: Subject, count: int) -> dict[str, Any]:
    course = bench.course(subject)
    found = course.fresh(subject.samples(min(count, 2 * bench.records)), framed=True)
    raw = bench.arena.settings.home / "py-spy.raw"
    with (
        closing(Ends(bench.arena.settings.kafka, found.topics.predictions, PARTITIONS)) as ends,
        bench.arena.running(course.scorer(found)) as [scorer],
    ):
        _under_way(ends, scorer)
        done, before = ends(), _threads(scorer.pid)
        _spy(scorer, raw)
        records, after = ends() - done, _threads(scorer.pid)
    stream.drop(bench.arena.settings.kafka, "bench")
    cpu = {number: seconds - before.get(number, (name, 0.0))[1] for number, (name, seconds) in after.items()}
    client = {number for number, (name, _) in after.items() if name.startswith("rdk:")}
    rows = stacks.spent(raw.read_text(), {number: seconds for number, seconds in cpu.items() if number not in client})
    rows[CLIENT] = sum(cpu[number] for number in client)
    return {
        "records": records,
        "us_per_record": round(sum(rows.values()) / records * 1e6, 2),
        "rows": [
            {"stage": name, "us": round(seconds / records * 1e6, 2)}
            for name, seconds in sorted(rows.items(), key=lambda row: -row[1])
        ],
    }


def _under_way(ends: Ends, scorer: Process) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not ends():
        if time.monotonic() > deadline or scorer.poll() is not None:
            raise TimeoutError("the scorer has not begun")
        time.sleep(0.05)


def _spy(scorer: Process, raw: Path) -> None:
    """Samples the process without stopping it, which would cost its threads more than their work."""
    spy = Path(sys.executable).with_name("py-spy")
    subprocess.run(
        [spy, "record", "--pid", str(scorer.pid), "--duration", str(SECONDS), "--rate", str(HERTZ), "--format", "raw",
         "--output", raw, "--threads", "--full-filenames", "--nonblocking"],
        check=True, capture_output=True,
    )  # fmt: skip


def _threads(pid: int) -> dict[int, tuple[str, float]]:
    """Name and CPU-seconds so far of each thread; librdkafka names its own `rdk:...`."""
    found = {}
    for thread in psutil.Process(pid).threads():
        with suppress(FileNotFoundError):  # it has ended meanwhile
            name = Path(f"/proc/{pid}/task/{thread.id}/comm").read_text().strip()
            found[thread.id] = name, thread.user_time + thread.system_time
    return found
