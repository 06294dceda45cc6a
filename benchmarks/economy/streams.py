"""Streams of known truth, seeded: what changed and when is in the code, and whether a retrain can pay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from river.datasets import synth

from benchmarks.economy.world import DAY_MS, World, proposed
from consumers.training.dataset import Dataset, Ints
from infra.boosting import Floats
from schemas import declaration

DAYS, FIRST, DAILY = 168, 28, 250
"""Days of a stream, of them before the first champion, and samples of one."""
START = 1_767_225_600_000
DELAY_MS = 6 * 3_600_000
LOTS = 0.3
Rows = tuple[Floats, Ints]


@dataclass(frozen=True, slots=True)
class Kind:
    """`drifts`: retraining pays, and all but a small part of it should be earned; else it should not hurt."""

    name: str
    drifts: bool
    made: Callable[[int], Rows]


def _of(stream: Iterator[tuple[dict[Any, Any], Any]], n: int) -> Rows:
    """`n` samples of one of river's generators."""
    pairs = list(islice(stream, n))
    rows = np.array([[float(value) for value in x.values()] for x, _ in pairs])
    return rows, np.array([int(y) for _, y in pairs], np.int64)


def _switched(parts: list[Rows], which: Ints) -> Rows:
    """Row i of the part that `which` names."""
    rows, labels = np.stack([rows for rows, _ in parts]), np.stack([labels for _, labels in parts])
    places = np.arange(len(which))
    return rows[which, places], labels[which, places]


N = DAYS * DAILY
DAY = np.arange(N) // DAILY


def _from(day: int) -> NDArray[np.bool_]:
    """The samples of this day and of later ones."""
    return np.greater_equal(DAY, day)


def _sea(variant: int, seed: int, noise: float = 0.1) -> Rows:
    return _of(iter(synth.SEA(variant=variant, noise=noise, seed=seed)), N)


def _agrawal(function: int, seed: int) -> Rows:
    return _of(iter(synth.Agrawal(classification_function=function, perturbation=0.1, seed=seed)), N)


def _late(start: int, end: int, seed: int) -> Ints:
    """0 before day `start`, 1 from `end` on, between them more and more often."""
    share = np.clip((DAY - start) / max(1, end - start), 0, 1) if end > start else (start <= DAY).astype(float)
    return (np.random.default_rng(seed).random(N) < share).astype(np.int64)


def _abrupt(seed: int) -> Rows:
    return _switched([_sea(variant, seed) for variant in (0, 2, 3)], _from(70).astype(np.int64) + _from(120))


def _gradual(seed: int) -> Rows:
    return _switched([_agrawal(function, seed) for function in (0, 1)], _late(60, 130, seed))


def _recurring(seed: int) -> Rows:
    return _switched([_agrawal(function, seed) for function in (2, 3)], (DAY // 35 % 2).astype(np.int64))


def _hyperplane(seed: int) -> Rows:
    made = synth.Hyperplane(seed=seed, n_features=8, n_drift_features=4, mag_change=0.0003, noise_percentage=0.05)
    return _of(iter(made), N)


def _led(seed: int) -> Rows:
    """Segments of a display that fail one after another; the label is whether the digit is odd."""
    rows, digits = _of(iter(synth.LED(seed=seed, noise_percentage=0.1, irrelevant_features=True)), N)
    order, swapped = np.arange(rows.shape[1]), rows.copy()
    for number, day in enumerate((60, 95, 130)):
        order[[number, 8 + number]] = order[[8 + number, number]]
        later = _from(day)
        swapped[later] = rows[later][:, order]
    return swapped, digits % 2


def _benign(seed: int) -> Rows:
    return _agrawal(4, seed)


def _harmless(seed: int) -> Rows:
    """Two columns that the label does not ask for move away, one by steps and one like a tide."""
    rows, labels = _sea(1, seed)
    rng = np.random.default_rng(seed)
    step, tide = _from(80) * 2.0 + _from(120) * 2.0, np.sin(2 * np.pi * DAY / 90) * 3
    return np.column_stack([rows, rng.normal(size=N) + step, rng.normal(size=N) + tide]), labels


def _noisy(seed: int) -> Rows:
    """From day 80 on three of ten labels are drawn by lot: losses rise, and nothing can be learned from it."""
    rows, labels = _sea(1, seed, noise=0.05)
    rng = np.random.default_rng(seed)
    lots = _from(80) & (rng.random(N) < LOTS)
    return rows, np.where(lots, rng.integers(0, 2, N), labels)


def _broken(seed: int) -> Rows:
    """For two days a producer sends nothing but zeros in the column that matters most."""
    rows, labels = _agrawal(4, seed)
    rows[_from(90) & ~_from(92), :3] = 0.0
    return rows, labels


def _days(seed: int, turn: float) -> Rows:
    """Weather that lasts for days, and days that go wrong for reasons that nobody sees; what matters turns slowly."""
    rng = np.random.default_rng(seed)
    weather = rng.normal(size=(DAYS, 4))
    for day in range(1, DAYS):
        weather[day] = 0.7 * weather[day - 1] + np.sqrt(1 - 0.7**2) * weather[day]
    own = rng.normal(size=(N, 4))
    rows = np.column_stack([weather[DAY] + 0.3 * rng.normal(size=(N, 4)), own])
    angle = turn * np.pi * DAY / DAYS
    here, there = rng.normal(size=(2, 8)) * 0.6
    logit = (rows * (np.cos(angle)[:, None] * here + np.sin(angle)[:, None] * there)).sum(axis=1)
    logit += np.sin(angle) - 1 + 0.6 * rng.normal(size=DAYS)[DAY]
    return rows, (rng.random(N) < 1 / (1 + np.exp(-logit))).astype(np.int64)


KINDS = (
    Kind("abrupt (SEA)", drifts=True, made=_abrupt),
    Kind("gradual (Agrawal)", drifts=True, made=_gradual),
    Kind("recurring (Agrawal)", drifts=True, made=_recurring),
    Kind("creeping (hyperplane)", drifts=True, made=_hyperplane),
    Kind("failing parts (LED)", drifts=True, made=_led),
    Kind("turning (days of their own)", drifts=True, made=lambda seed: _days(seed, 1.0)),
    Kind("steady (days of their own)", drifts=False, made=lambda seed: _days(seed, 0.0)),
    Kind("nothing happens (Agrawal)", drifts=False, made=_benign),
    Kind("harmless shift (SEA)", drifts=False, made=_harmless),
    Kind("label noise (SEA)", drifts=False, made=_noisy),
    Kind("broken for two days (Agrawal)", drifts=False, made=_broken),
)


def world(kind: Kind, seed: int) -> World:
    """The stream of this kind and seed; its declaration is what `leeway init` proposes."""
    rows, labels = kind.made(seed)
    names = [f"x{i}" for i in range(rows.shape[1])]
    features = "\n".join(f'[features.{name}]\nkind = "number"' for name in names)
    text = f'[stream]\nname = "{slug(kind)}-{seed}"\npane = "1d"\nlateness = "1h"\n{features}\n'
    declared = declaration.parse(text.encode(), kind.name)
    times = START + DAY * DAY_MS + np.tile(np.arange(DAILY) * (DAY_MS // DAILY), DAYS)
    data = Dataset(rows, labels, times, times + DELAY_MS, {}, int(times[-1]) + 1, declared.name)
    return proposed(World(declared.name, declared, data, START + FIRST * DAY_MS, START + DAYS * DAY_MS))


def slug(kind: Kind) -> str:
    """Its name as one word."""
    return "-".join(word.strip("()") for word in kind.name.lower().split())
