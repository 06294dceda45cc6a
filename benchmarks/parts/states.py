"""Start and recovery against the size of the state: ids remembered, panes open."""

import statistics
import time
from typing import Any

from benchmarks.compare import stream
from benchmarks.compare.arena import end
from benchmarks.compare.bench import Bench
from benchmarks.compare.live import Live, live
from benchmarks.compare.subject import PARTITIONS, Numbers
from infra import kafka

IDS = (1_000, 16_000, 66_000)
"""Samples of a partition; 65,536 ids are kept."""
PANES = 200
"""Hours that are open at once, for the last row."""
WAITING = 6_000
HOUR_MS = 3_600_000
LOAD, BEFORE_S = 5_000, 1.0


def measure(bench: Bench) -> dict[str, Any]:
    """A row a size."""
    subjects = [(ids, 1, _until_now(ids, HOUR_MS)) for ids in IDS]
    subjects.append((IDS[1], PANES, _until_now(IDS[1], PANES * HOUR_MS, "30d")))
    rows = []
    for ids, panes, subject in subjects:
        passes = [_pass(bench, subject, ids) for _ in range(bench.rounds)]
        figures = {key: round(statistics.median(one[key] for one in passes), 2) for key in passes[0]}
        rows.append({"ids": min(ids, 65_536), "panes": panes, **figures})
        print(rows[-1])  # noqa: T201 - progress
    return {"rows": rows, "missed": []}


def _until_now(ids: int, span_ms: int, lateness: str = "10m") -> Numbers:
    """Samples of a time that ends now: those that follow live are neither late nor ahead."""
    step = span_ms // (ids * PARTITIONS)
    return Numbers(start=kafka.now_ms() - span_ms, step_ms=step, lateness=lateness)


def _pass(bench: Bench, subject: Numbers, ids: int) -> dict[str, float]:
    course = bench.course(subject)
    records = subject.samples(ids * PARTITIONS)
    with live(course, warm=False) as place:
        stream.send(bench.arena.settings.kafka, place.stream.topics.samples, records)
        place.read(len(records))
        found = {"state_mb": _state(place) / 1e6, "start_s": _start(place), "recovery_s": _recovery(place)}
    stream.drop(bench.arena.settings.kafka, "bench")
    return found


def _state(place: Live) -> int:
    """Bytes of the last row of each key of `state`."""
    last: dict[tuple[int, bytes], int] = {}
    for partition in range(PARTITIONS):
        for message in kafka.read(place.course.arena.settings.kafka, place.stream.topics.state, partition):
            last[partition, message.key() or b""] = len(message.value() or b"")
    return sum(last.values())


def _start(place: Live) -> float:
    """Seconds from the start of a scorer that was stopped by SIGTERM to its first committed prediction."""
    scorer = place.processes["scorer"]
    scorer.terminate()
    scorer.wait(30)
    place.load(0, WAITING).communicate()
    began = time.time()
    place.start("scorer")
    place.read(1)
    first = time.time()
    place.read_out()
    return first - began


def _recovery(place: Live) -> float:
    """Seconds from SIGKILL under load, and a start at once, to the first prediction committed by the new process."""
    sender = place.load(LOAD, int(LOAD * 2 * BEFORE_S))
    place.read(int(LOAD * BEFORE_S))
    end(place.processes["scorer"])
    began = time.time()
    place.start("scorer")
    place.read_out()  # what the old process had committed: the new one is still starting
    place.read(1)
    found = time.time() - began
    sender.communicate()
    return found
