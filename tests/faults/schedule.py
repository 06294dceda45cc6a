"""seed -> rounds of faults: what happens when, to whom, for how long. Pure: the same seed gives the same campaign."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass

PER_ROUND = 10
"""Faults of one round, which has one size of the stream; its records are counted at its end."""
FIRST_S = 2.0
"""Of undisturbed load before the first fault."""
SOON, LATER = (0.3, 2.0), (4.0, 13.0)
"""Seconds from one fault to the next: with the first of them they overlap."""
SOON_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class Kind:
    """`role`: framer, scorer, warehouse, evaluator, `remote` (who is behind the slow network) or a server.

    `lasts`: from and to, in seconds; `often`: how many of it are in one deck.
    """

    name: str
    role: str
    lasts: tuple[float, float] = (0.0, 0.0)
    often: int = 1


KINDS = (
    Kind("kill framer", "framer", often=2),
    Kind("kill scorer", "scorer", often=3),
    Kind("kill warehouse", "warehouse"),
    Kind("kill evaluator", "evaluator"),
    Kind("term framer", "framer"),
    Kind("term scorer", "scorer", often=2),
    Kind("term warehouse", "warehouse"),
    Kind("term evaluator", "evaluator"),
    Kind("zombie framer", "framer", (10.0, 18.0)),  # the session timeout is 8 s
    Kind("zombie scorer", "scorer", (10.0, 18.0), often=2),
    Kind("broker killed", "kafka"),
    Kind("broker killed in a transaction", "kafka"),
    Kind("broker away", "kafka", (5.0, 25.0)),
    Kind("PostgreSQL away", "postgres", (10.0, 60.0)),
    Kind("MLflow away", "mlflow", (10.0, 60.0)),
    Kind("disk of Kafka full", "kafka", (5.0, 15.0)),
    Kind("disk of PostgreSQL full", "postgres", (5.0, 15.0)),
    Kind("clock of a scorer off", "scorer", (8.0, 20.0)),
    Kind("clock of a framer off", "framer", (8.0, 20.0)),
    Kind("clock of the warehouse off", "warehouse", (8.0, 20.0)),
    Kind("slow network", "remote", (8.0, 20.0)),
)
CLOCK_S = 3600.0
SLOWEST_S = 0.4
"""Of the slow network, added to each way."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`at`: seconds after the first sample is scored; `strength`: seconds that a clock is off or a network is slow."""

    at: float
    kind: str
    target: str
    lasts: float = 0.0
    strength: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """One size of the stream and its faults, by time; `remote` reaches Kafka by the slow network."""

    number: int
    scorers: int
    framers: int
    remote: str
    faults: tuple[Fault, ...]


def schedule(seed: int, faults: int, *, without: Collection[str] = (), longest: float = 60.0) -> list[Round]:
    """The campaign of a seed.

    Args:
        seed: of everything.
        faults: how many.
        without: names of kinds that this machine cannot do.
        longest: seconds that a server may be away at most.
    """
    chance = random.Random(seed)
    deck = _deck(chance, without)
    sizes = [min(PER_ROUND, faults - first) for first in range(0, faults, PER_ROUND)]
    return [_round(chance, number, size, deck, longest) for number, size in enumerate(sizes, 1)]


def _deck(chance: random.Random, without: Collection[str]) -> Iterator[Kind]:
    """Kinds as from a deck of cards that is dealt out before it is shuffled again: none is forgotten by chance."""
    cards = [kind for kind in KINDS if kind.name not in without for _ in range(kind.often)]
    while cards:
        yield from chance.sample(cards, len(cards))


def _round(chance: random.Random, number: int, size: int, deck: Iterator[Kind], longest: float) -> Round:
    scorers, framers = chance.randint(1, 3), chance.randint(1, 2)
    workers = {
        "scorer": [f"scorer-{i}" for i in range(scorers)],
        "framer": [f"framer-{i}" for i in range(framers)],
    }
    remote = chance.choice([name for names in workers.values() for name in names])
    at, faults = FIRST_S, []
    for _ in range(size):
        kind = next(deck)
        target = remote if kind.role == "remote" else chance.choice(workers.get(kind.role, [kind.role]))
        lasts = _lasts(chance, kind, longest)
        faults.append(Fault(round(at, 2), kind.name, target, lasts, _strength(chance, kind)))
        at += chance.uniform(*(SOON if chance.random() < SOON_SHARE else LATER))
    return Round(number, scorers, framers, remote, tuple(faults))


def _lasts(chance: random.Random, kind: Kind, longest: float) -> float:
    low, high = kind.lasts
    drawn = chance.uniform(low, high)
    return round(min(drawn, longest) if kind.role in ("kafka", "postgres", "mlflow") else drawn, 2)


def _strength(chance: random.Random, kind: Kind) -> float:
    sign, slow = chance.choice((-1, 1)), chance.uniform(SLOWEST_S / 8, SLOWEST_S)
    if kind.name.startswith("clock"):
        return sign * CLOCK_S
    return round(slow, 3) if kind.name == "slow network" else 0.0
