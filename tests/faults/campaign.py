"""The whole campaign: servers, two trained versions, then round after round."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faults import stream
from faults.crew import Crew
from faults.round import Outcome, Running, Setting
from faults.schedule import Round, schedule
from faults.servers import Servers
from infra import kafka
from infra.embedded.process import Command
from infra.registry import Registry
from infra.settings import Settings
from schemas.messages import decode_models
from schemas.topics import Topics

RATE = 3_000
"""Samples/s."""
STALLS = Round(0, 3, 2, "scorer-0", ())
"""The round in which stalls of the others are measured, with no faults beside."""


@dataclass(frozen=True, slots=True)
class Options:
    """`longest`: seconds that a server may be away; `stalls`: whether they are measured, in a round of its own."""

    faults: int
    seed: int
    rate: int = RATE
    longest: float = 60.0
    stalls: bool = True


@dataclass(frozen=True, slots=True)
class Campaign:
    """What came of it; `without` are the kinds of faults that this machine cannot do."""

    options: Options
    outcomes: list[Outcome]
    without: list[str]


async def run(home: Path, options: Options, say: Callable[[str], None], done: Callable[[Outcome], None]) -> Campaign:
    """Runs it under `home`, which must be new; `say` gets a line an event, `done` each round.

    Raises:
        LeewayError: a server did not start.
        TimeoutError: the stream did not begin, or a server did not come back.
    """
    crew = Crew(home / "logs")
    servers = Servers(home, crew)
    try:
        say("servers: Kafka, PostgreSQL, MLflow")
        await servers.start()
        say("two versions are trained")
        bundles = await _bundles(servers.settings("training"), crew)
        setting = Setting(crew, servers, bundles, options.rate, say)
        plans = schedule(options.seed, options.faults, without=servers.without, longest=options.longest)
        outcomes = await _rounds(setting, [STALLS, *plans] if options.stalls else plans, options.seed, done)
    finally:
        await servers.stop()
    return Campaign(options, outcomes, sorted(servers.without))


async def _rounds(
    setting: Setting, plans: Sequence[Round], seed: int, done: Callable[[Outcome], None]
) -> list[Outcome]:
    outcomes = []
    for plan in plans:
        setting.say(f"round {plan.number}: {plan.framers} framers, {plan.scorers} scorers, {len(plan.faults)} faults")
        outcome = await Running(setting, plan, seed + plan.number, measure_stalls=plan is STALLS).run()
        done(outcome)
        outcomes.append(outcome)
    return outcomes


async def _bundles(settings: Settings, crew: Crew) -> list[Path]:
    """Two versions by the product's own training, side by side."""
    names = [f"training{seed}" for seed in (1, 2)]
    await asyncio.gather(*(_train(settings, crew, name, seed) for seed, name in enumerate(names)))
    return [await asyncio.to_thread(_fetched, settings, name) for name in names]


async def _train(settings: Settings, crew: Crew, name: str, seed: int) -> None:
    path, history = settings.home / f"{name}.toml", settings.home / f"{name}.parquet"
    path.write_bytes(stream.declaration(name))
    stream.history(history, seed)
    env = {"LEEWAY_KAFKA": settings.kafka, "LEEWAY_POSTGRES": settings.postgres, "LEEWAY_MLFLOW": settings.mlflow}
    env |= {"LEEWAY_HOME": str(settings.home)}
    for words in (("infra.provisioning", str(path)), ("consumers", "train", str(path), str(history))):
        await crew.once(f"{name}.{words[0]}", Command(argv=(sys.executable, "-m", *words), env=env))


def _fetched(settings: Settings, name: str) -> Path:
    last = list(kafka.read(settings.kafka, Topics(name).models, 0))[-1]
    ref = decode_models(last.value() or b"").champion
    return Registry(settings.mlflow, name).fetch(ref, settings.home / "bundles")
