"""One round: a stream of its own with its processes, load, faults; then the load ends, and every record is counted."""

import asyncio
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from faults import evidence, quiet, stalls, stream
from faults.crew import Crew
from faults.judge import Verdict, judge
from faults.kinds import STRIKES
from faults.schedule import Fault, Round
from faults.servers import Servers
from faults.stalls import Stall
from faults.traffic import Traffic
from faults.watch import Mark, Point, Watch
from faults.world import World
from infra import bundle, kafka, offsets
from infra.cli import workers
from infra.embedded.process import Command
from infra.settings import Settings
from schemas.errors import Unavailable
from schemas.messages import ModelRef
from schemas.topics import Topics

WARM_S, STILL_S, LIMIT_S = 120.0, 90.0, 600.0
"""Limits: to the first sample scored; without any progress, where what is behind is to catch up; and in all."""
CLOCK = Path(__file__).parent / "clock"
Say = Callable[[str], None]


@dataclass(slots=True)
class Outcome:
    """What a round gave; times are seconds, monotonic."""

    plan: Round
    began: float
    ended: float
    marks: list[Mark]
    line: list[Point]
    verdict: Verdict
    exits: dict[str, int]
    stalls: list[Stall] = field(default_factory=list)
    drained_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Setting:
    """What all rounds share: `bundles` are the folders of versions 1 and 2, `rate` samples/s."""

    crew: Crew
    servers: Servers
    bundles: list[Path]
    rate: int
    say: Say


class Running:
    """A round under way."""

    def __init__(self, setting: Setting, plan: Round, seed: int, *, measure_stalls: bool = False) -> None:
        self.setting, self.plan, self.measure_stalls = setting, plan, measure_stalls
        self.name = f"faults{plan.number}"
        self.topics = Topics(self.name)
        self.settings: Settings = setting.servers.settings(self.name)
        self.traffic = Traffic(self.settings.kafka, self.topics, seed, setting.rate)
        self.watch = Watch(self.settings, self.topics, self.traffic)
        self.clocks = self.settings.home / "clocks"
        self.names: list[str] = []
        self._producer = kafka.producer(self.settings.kafka, logger=quiet.LOGGER)
        self._versions: Iterator[ModelRef] = iter(())
        self._refs: list[ModelRef] = []

    async def run(self) -> Outcome:
        """All of it.

        Raises:
            TimeoutError: the stream did not begin, or a server did not come back.
        """
        crew, began = self.setting.crew, time.monotonic()
        exits = crew.exits.copy()
        await self._start()
        try:
            found = await self._faults()
            stuck = await self._recover()
            began_drain = time.monotonic()
            await asyncio.to_thread(self.traffic.stop)
            lag = await self._drain()
            drained = time.monotonic() - began_drain
            stuck += crew.refused()
        finally:
            self.watch.stop()
            hung = await crew.stop(self.names)
        verdict = await asyncio.to_thread(self._judge)
        verdict.lag = lag
        verdict.stuck = stuck + [f"{name} did not end at SIGTERM" for name in hung]
        verdict.stuck += [f"traffic: {count} x {why}" for why, count in self.traffic.failed.items()]
        ended = {f"{name} {code}": n for (name, code), n in sorted((crew.exits - exits).items())}
        outcome = Outcome(
            self.plan, began, time.monotonic(), self.watch.marks, self.watch.line, verdict, ended, found, drained
        )
        await asyncio.to_thread(self._clear)
        return outcome

    def world(self) -> World:
        """What faults act on."""
        setting = self.setting
        return World(setting.crew, setting.servers, self.settings, self.topics, self.clocks, self._promote)

    async def _start(self) -> None:
        path = self.settings.home / f"{self.name}.toml"
        path.write_bytes(stream.declaration(self.name))
        self.clocks.mkdir(exist_ok=True)
        given = self._environment(self.settings.kafka)
        provisioning = Command(argv=(sys.executable, "-m", "infra.provisioning", str(path)), env=given)
        await self.setting.crew.once(f"{self.name}.provisioning", provisioning)
        self._refs = await asyncio.to_thread(stream.register, self.settings, self.name, self.setting.bundles)
        self._versions = cycle(self._refs)
        self._promote()
        size = workers.Size(self.plan.framers, self.plan.scorers)
        for worker in workers.workers(path, self.name, size):
            short = worker.name.removeprefix(f"{self.name}.")
            if short not in ("retrainer", "exporter"):  # the round says itself what to serve; nobody scrapes it
                await self._worker(short, worker.argv, worker.env, worker.nice)
        self.watch.start()
        self.traffic.start()
        await until(self._flows, WARM_S, f"{self.name}: samples of every partition are scored")

    def _flows(self) -> bool:
        if refused := self.setting.crew.refused():
            raise RuntimeError(f"{self.name} did not begin: {'; '.join(refused)}")
        return len(self.watch.next) == stream.PARTITIONS

    async def _worker(self, name: str, argv: tuple[str, ...], env: Mapping[str, str], nice: int) -> None:
        servers = self.setting.servers
        clock = {"PYTHONPATH": str(CLOCK), "FAULTS_CLOCK": str(self.clocks / name)}
        address = servers.slow_kafka if name == self.plan.remote else self.settings.kafka
        (self.clocks / name).write_text("0")
        self.names.append(name)
        await self.setting.crew.start(
            name, Command(argv=argv, env={**self._environment(address), **clock, **env}, nice=nice)
        )

    def _environment(self, address: str) -> dict[str, str]:
        found = self.settings
        addresses = {"LEEWAY_KAFKA": address, "LEEWAY_POSTGRES": found.postgres, "LEEWAY_MLFLOW": found.mlflow}
        return addresses | {"LEEWAY_HOME": str(found.home), "PYTHONUNBUFFERED": "1"}

    def _promote(self) -> None:
        topic, key, value = stream.models(self.name, next(self._versions))
        self._producer.produce(topic, value, key)
        self._producer.poll(0)

    async def _faults(self) -> list[Stall]:
        found = await stalls.measure(self.world(), self.watch, self.plan) if self.measure_stalls else []
        async with asyncio.TaskGroup() as group:
            for fault in self.plan.faults:
                group.create_task(self._fault(fault))
        return found

    async def _fault(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at)
        mark = self.watch.mark(fault.kind, fault.target)
        self.setting.say(f"{fault.kind} ({fault.target})")
        self._promote()
        mark.detail = await STRIKES[fault.kind](self.world(), fault)
        mark.ended = time.monotonic()

    async def _recover(self) -> list[str]:
        """What has not recovered: it is waited for as long as the hindmost lane, and history, get on."""
        watch = self.watch
        try:
            await until(watch.recovered, STILL_S, "all faults recovered from", moving=watch.hindmost)
        except TimeoutError:
            return [f"not recovered: {mark.kind}" for mark in watch.marks if not (mark.lanes_at and mark.history_at)]
        return []

    async def _drain(self) -> dict[str, int]:
        """The lag of each group and topic at the end: it is waited for as long as it shrinks."""
        lag: dict[str, int] = {"everything": -1}
        least, moved = sys.maxsize, time.monotonic()
        end = moved + LIMIT_S
        while any(lag.values()) and time.monotonic() < min(end, moved + STILL_S):
            try:
                lag = await asyncio.to_thread(self._lag)
            except Unavailable:
                continue
            if sum(lag.values()) < least:
                least, moved = sum(lag.values()), time.monotonic()
            await asyncio.sleep(0.2)
        return {name: count for name, count in lag.items() if count}

    def _lag(self) -> dict[str, int]:
        groups = [f"{self.name}.{role}" for role in ("framer", "scorer", "warehouse", "evaluator")]
        found = offsets.lags(self.settings.kafka, groups)
        lags = {f"{group} in {topic}": lag for group, topics in found.items() for topic, lag in topics.items()}
        lags |= {f"{group} has committed nothing": 1 for group in groups if group not in found}
        behind = sum(max(0, end - self.watch.next.get(p, 0)) for p, end in self.traffic.ends.items())
        return lags | {"lanes": behind}

    def _judge(self) -> Verdict:
        models: dict[int, Any] = {
            ref.version: bundle.load(folder, ref) for ref, folder in zip(self._refs, self.setting.bundles, strict=True)
        }
        return judge(evidence.gather(self.settings, self.topics), models, stream.PANE)

    def _clear(self) -> None:
        """Topics and tables give their room back; the next round has a stream of its own."""
        admin = AdminClient({"bootstrap.servers": self.settings.kafka})
        names = [name for name in vars(self.topics).values() if name != self.name]
        for done in admin.delete_topics(names).values():
            try:
                done.result(30)
            except KafkaException as error:
                self.setting.say(f"a topic was not deleted: {error}")
        self.setting.servers.drop(self.name)
        shutil.rmtree(f"{self.name}.scorer-data", ignore_errors=True)  # Faust makes it where it is started
        shutil.rmtree(self.clocks, ignore_errors=True)


async def until(
    condition: Callable[[], bool], still_s: float, what: str, *, moving: Callable[[], object] = lambda: None
) -> None:
    """Waits for `condition`, for LIMIT_S at most.

    Raises:
        TimeoutError: it has not come true, and `moving` has given the same for `still_s`.
    """
    last, since = moving(), time.monotonic()
    end = since + LIMIT_S
    while not condition():
        now = time.monotonic()
        if (found := moving()) != last:
            last, since = found, now
        if now > min(end, since + still_s):
            raise TimeoutError(f"not for {still_s:g} s: {what}")
        await asyncio.sleep(0.05)
