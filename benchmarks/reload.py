"""`make bench-reload`: three new versions under steady load: the stall, the skew, and that no sample is lost.

Real Kafka, a framer, two scorers with trees, at half of what they manage. Each version is in the machine's cache when
its record appears, as the retrainer leaves it. Writes results/reload.json and docs/reload.png.
"""

import re
import threading
import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib as mpl
import msgspec
import numpy as np
from confluent_kafka import TopicPartition
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks import result
from benchmarks.compare.arena import Arena, arena
from benchmarks.compare.course import Course, train
from benchmarks.compare.live import Live, live
from benchmarks.compare.load import Sent
from benchmarks.compare.subject import PARTITIONS, Numbers
from benchmarks.pictures import INK, MISSED, OURS, SOFT, STYLE
from consumers.training import history, version
from infra import kafka
from infra.modelcache import keep
from infra.registry import Registry
from schemas.declaration import load
from schemas.messages import ModelRef, Models, Served, encode

HOME, PICTURE = Path(".leeway/bench-reload"), Path(__file__).parents[1] / "docs" / "reload.png"
RELOADS, EVERY_S, SETTLES_S = 3, 10.0, 4.0
STALL_MS, SKEW_MS = 100, 2_000
"""The goals."""
WINDOW_S = 2.0
"""A reload is over by then; stalls are told by windows of this length, with a reload and without."""
SHARE = 0.5
"""Of the capacity with two scorers."""
WARM = 20_000
_VERSION = re.compile(rb'"version":(\d+)')


@dataclass(frozen=True, slots=True)
class Trees(Numbers):
    """The same numbers under a hundred trees: more to load and to compile than a line. Often committed."""

    checkpoint: str = "50ms"

    def declaration(self, name: str) -> bytes:
        """As of numbers."""
        plain = Numbers.declaration(self, name)
        return plain.replace(b"linear_model:LogisticRegression", b"ensemble:HistGradientBoostingClassifier")


@dataclass(slots=True)
class Heard:
    """Of each committed prediction of the run: number, version, when it was due and when it was read (s)."""

    numbers: "array[int]" = field(default_factory=lambda: array("q"))
    versions: "array[int]" = field(default_factory=lambda: array("b"))
    due: "array[float]" = field(default_factory=lambda: array("d"))
    read: "array[float]" = field(default_factory=lambda: array("d"))

    def take(self, client: Any, run: bytes) -> int:
        """How many of this run there were."""
        before = len(self.numbers)
        for message in client.consume(5_000, 0.002):
            key = message.key() or b""
            if message.error() is None and key.startswith(run):
                found = _VERSION.search(message.value())
                self.numbers.append(int(key[-9:]))
                self.versions.append(int(found[1]) if found else 0)
                self.due.append(message.timestamp()[1] / 1000)
                self.read.append(time.time())
        return len(self.numbers) - before


@dataclass(frozen=True, slots=True)
class Told:
    """A record of `models`, and when it was sent (s)."""

    version: int
    at: float


def versions(place: Arena, course: Course) -> list[ModelRef]:
    """New ones of the same recipe with other seeds, registered, and in the cache."""
    declared = load(place.settings.home / f"{course.subject.title}.toml")
    data = history.read(place.settings.home / f"{course.subject.title}.parquet", declared, None)
    registry, found = Registry(place.settings.mlflow, declared.name), []
    for seed in range(1, RELOADS + 1):
        folder = place.settings.home / f"made-{seed}"
        folder.mkdir()
        model = msgspec.structs.replace(declared.model, seed=seed, params={"max_iter": 100 + seed})
        recipe = msgspec.structs.replace(declared, model=model)
        made = version.make(folder, recipe, data, None, lambda _: None)
        ref = registry.register(folder, declared, made.tags(f"bench-{seed}", "bench"), made.params, {})
        keep(folder, ref, place.settings.home / "models")
        found.append(ref)
    return found


def tell(place: Live, refs: Sequence[ModelRef], told: list[Told], first: float) -> None:
    """A record of `models` every EVERY_S seconds from `first` (s) on."""
    client, before = kafka.producer(place.course.arena.settings.kafka), place.course.model.champion
    for number, ref in enumerate(refs):
        time.sleep(max(0.0, first + number * EVERY_S - time.time()))
        record = Models(
            stream=place.stream.name, champion=ref, previous=before, shadows=[], retrain="", at=kafka.now_ms()
        )
        told.append(Told(ref.version, time.time()))
        client.produce(place.stream.topics.models, encode(record), place.stream.name.encode())
        client.flush(10)
        before = ref


@contextmanager
def listening(place: Live, seen: list[tuple[float, Served]]) -> Iterator[None]:
    """What `served` says, and when it was read (s)."""
    stop = threading.Event()
    client = kafka.consumer(place.course.arena.settings.kafka, f"{place.stream.name}.served", fetch_wait_max_ms=5)
    client.assign([TopicPartition(place.stream.topics.served, 0, 0)])

    def read() -> None:
        while not stop.is_set():
            message = client.poll(0.05)
            if message is not None and message.error() is None:
                seen.append((time.time(), msgspec.json.decode(message.value() or b"", type=Served)))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        client.close()


def run(place: Live, refs: Sequence[ModelRef], rate: float) -> dict[str, Any]:
    """The figures of one run of load with its reloads."""
    count = int(rate * (SETTLES_S + EVERY_S * (len(refs) + 1)))
    heard, told, seen = Heard(), list[Told](), list[tuple[float, Served]]()
    with listening(place, seen):
        sender = place.load(rate, count)
        name = f"{place.stream.name}-{place.runs}-".encode()
        teller: threading.Thread | None = None
        last = time.time()
        try:
            while len(heard.numbers) < count:
                if heard.take(place.reader, name):
                    last = time.time()
                if heard.due and teller is None:
                    first = heard.due[0] + SETTLES_S + EVERY_S
                    teller = threading.Thread(target=tell, args=(place, refs, told, first))
                    teller.start()
                if time.time() - last > 30:  # noqa: PLR2004 - nothing comes any more: told as lost
                    break
            said, _ = sender.communicate(timeout=60)
        finally:
            sender.kill()
            sender.wait()
            if teller is not None:
                teller.join()
    return conclude(heard, told, seen, msgspec.json.decode(said, type=Sent))


def conclude(heard: Heard, told: Sequence[Told], seen: Sequence[tuple[float, Served]], sent: Sent) -> dict[str, Any]:
    """Figures and, under `missed`, the goals that were not met."""
    due, read = np.array(heard.due), np.array(heard.read)
    delays = (read - due) * 1000
    start = float(due.min())
    calm = quiet(due, delays, start + SETTLES_S, [one.at for one in told])
    usual, spread = float(np.median(calm)), float(np.quantile(calm, 0.9) - np.median(calm))
    reloads = [_reload(one, due, delays, usual, seen) for one in told]
    unique = len(set(heard.numbers))
    found = {
        "samples": sent.count,
        "lost": sent.count - unique,
        "doubled": len(heard.numbers) - unique,
        "sender_behind_ms": sent.behind_ms,
        "quiet_windows": len(calm),
        "quiet_max_ms": round(usual, 1),
        "quiet_spread_ms": round(spread, 1),
        "reloads": reloads,
        "versions_used": sorted(set(heard.versions)),
        "over_time": _over_time(due - start, delays),
        "told_s": [round(one.at - start, 2) for one in told],
    }
    missed = [
        f"version {one['version']}: stall {one['stall_ms']} ms, goal {STALL_MS}"
        for one in reloads if one["stall_ms"] > STALL_MS
    ] + [
        f"version {one['version']}: all partitions after {one['skew_ms']} ms, goal {SKEW_MS}"
        for one in reloads if one["skew_ms"] is None or one["skew_ms"] > SKEW_MS
    ]  # fmt: skip
    if spread > STALL_MS:
        missed += [f"the slowest sample differs by {spread:.0f} ms between quiet windows: too busy a machine to tell"]
    missed += [f"{found['lost']} samples lost"] if found["lost"] else []
    missed += [f"{found['doubled']} samples doubled"] if found["doubled"] else []
    return found | {"goal_stall_ms": STALL_MS, "goal_skew_ms": SKEW_MS, "missed": missed}


def quiet(
    due: NDArray[np.float64], delays: NDArray[np.float64], first: float, told: Sequence[float]
) -> NDArray[np.float64]:
    """The slowest sample (ms) of each stretch of WINDOW_S in which nothing was reloaded, from `first` (s) on."""
    starts = np.arange(first, float(due.max()) - WINDOW_S, WINDOW_S / 4)
    apart = [at for at in starts if all(at + WINDOW_S < one or at > one + 2 * WINDOW_S for one in told)]
    inside = [(due >= at) & (due < at + WINDOW_S) for at in apart]
    return np.array([delays[one].max() for one in inside if one.any()])


def _reload(
    one: Told, due: NDArray[np.float64], delays: NDArray[np.float64], usual: float, seen: Sequence[tuple[float, Served]]
) -> dict[str, Any]:
    """The slowest sample of the stretch that begins with the record, less that of the usual quiet stretch."""
    came = {said.partition: at for at, said in reversed(seen) if said.version == one.version and at >= one.at}
    skew = max(came.values()) - one.at if len(came) == PARTITIONS else None
    around = (due > one.at - WINDOW_S / 4) & (due < one.at + WINDOW_S * 3 / 4)
    worst = _percentile(delays[around], 100)
    return {
        "version": one.version,
        "workers": len({said.worker for _, said in seen if said.version == one.version}),
        "skew_ms": None if skew is None else round(skew * 1000),
        "max_ms": worst,
        "p99_ms": _percentile(delays[around], 99),
        "stall_ms": round(max(0.0, worst - usual), 1),
    }


def _percentile(delays: NDArray[np.float64], at: float) -> float:
    return round(float(np.percentile(delays, at)), 1)


def _over_time(seconds: NDArray[np.float64], delays: NDArray[np.float64]) -> list[list[float]]:
    """Second, median and largest delay in ms, by tenths of a second."""
    tenths = (seconds * 10).astype(int)
    order = np.argsort(tenths, kind="stable")
    parts = np.split(delays[order], np.flatnonzero(np.diff(tenths[order])) + 1)
    places = np.unique(tenths)
    return [
        [round(at / 10, 1), _percentile(part, 50), _percentile(part, 100)]
        for at, part in zip(places.tolist(), parts, strict=True)
    ]


def draw(found: Mapping[str, Any]) -> None:
    """docs/reload.png."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4.6), dpi=100, layout="constrained")
        axes = figure.subplots()
        seconds, median, worst = np.array(found["over_time"]).T
        axes.plot(seconds, worst, color=OURS, linewidth=1.2, label="the slowest sample of a tenth of a second")
        axes.plot(seconds, median, color=SOFT, linewidth=1.2, label="median")
        axes.axhline(found["quiet_max_ms"] + found["goal_stall_ms"], color=MISSED, linestyle="--", linewidth=1,
                     label=f"goal: {found['goal_stall_ms']} ms above the slowest of a usual quiet window")  # fmt: skip
        for at, one in zip(found["told_s"], found["reloads"], strict=True):
            skew = "not everywhere" if one["skew_ms"] is None else f"everywhere after {one['skew_ms']} ms"
            axes.axvline(at, color=INK, linewidth=0.8)
            axes.annotate(f" version {one['version']}\n {skew}", (at, 1), xycoords=("data", "axes fraction"), va="top")
        axes.set(xlabel="seconds", ylabel="ms from a sample's due time to its committed prediction", ylim=(0, None))
        axes.set_title(
            f"Three reloads at {found['rate']:,} samples/s, {found['lost']} lost\n", loc="left", weight="bold"
        )
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(PICTURE, metadata={"Software": None})


def measure() -> dict[str, Any]:
    """One deployment, its capacity, one run."""
    with arena(HOME) as servers:
        course = train(servers, Trees())
        refs = versions(servers, course)
        with live(course, warm=False) as place:
            place.processes["scorer-1"] = servers.start(course.scorer(place.stream, "scorer-1"))
            place.capacity(WARM)
            capacity = place.capacity(3 * WARM)
            rate = SHARE * capacity
            return {"capacity": round(capacity), "rate": round(rate), "scorers": 2} | run(place, refs, rate)


if __name__ == "__main__":
    figures = measure()
    draw(figures)
    result.keep("reload", figures)
