"""samples -> references under other settings, for versions that were made with their own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from infra.cells.making import reference
from schemas.declaration import Declaration
from schemas.duration import milliseconds
from schemas.messages import ModelRef
from schemas.reference import SCORE, Contract
from streams.decode import Batch, Decoder
from streams.encode import UNSEEN, Encoder
from streams.hindsight.recount import Records
from streams.score import Model

SIZE = 4_000
"""Records decoded at once."""
MOST = 400_000
"""Samples of one reference: of more, every second one is left out, again and again."""
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Recut:
    """A version (`ref`) with another reference; it scores as it does."""

    ref: ModelRef
    contract: Contract
    score: Callable[[Floats], Floats]

    def predict(self, x: Floats, /) -> Floats:
        """As the version: float64 (n, features) -> float64 (n,)."""
        return self.score(x)


@dataclass(frozen=True, slots=True)
class Found:
    """Samples as `infra.cells.samples.Samples` describes them."""

    rows: Floats
    times: NDArray[np.int64]
    values: Mapping[str, list[str]]
    rare: Mapping[str, NDArray[np.bool_]]
    as_of: int


@dataclass(slots=True)
class _Gathered:
    """What is kept for one version: one sample in `stride`."""

    x: list[Floats] = field(default_factory=list)
    times: list[NDArray[np.int64]] = field(default_factory=list)
    stride: int = 1
    seen: int = 0

    def add(self, x: Floats, times: NDArray[np.int64]) -> None:
        keep = np.arange(-self.seen % self.stride, len(x), self.stride)
        self.seen += len(x)
        self.x.append(x[keep])
        self.times.append(times[keep])
        if sum(map(len, self.times)) > MOST:
            every = np.concatenate(self.x)[::2], np.concatenate(self.times)[::2]
            self.x, self.times, self.stride = [every[0]], [every[1]], 2 * self.stride


def recut(
    declaration: Declaration, models: Iterable[Model], records: Records
) -> tuple[dict[int, Recut], dict[int, int]]:
    """The versions with references as `declaration` asks for, by number, and of how many samples each is made.

    They are made of all samples that are kept of the time before the version, not of the labelled ones alone. The score
    keeps its reference, since the version may have been trained on these samples. A version of whose time there are
    fewer than [drift] minimum samples is not among them.
    """
    known = {model.ref.version: model for model in models}
    encoders = {version: Encoder(declaration, model.contract) for version, model in known.items()}
    gathered = {version: _Gathered() for version in known}
    length, decode = milliseconds(declaration.drift.reference), Decoder(declaration)
    for number in range(declaration.stream.partitions):
        for batch in _batches(decode, number, records(number)):
            for version, encode in encoders.items():
                until = known[version].contract.trained_until
                mine = batch.take((batch.times >= max(0, until - length)) & (batch.times < until))
                if len(mine):
                    gathered[version].add(encode(mine).x, mine.times)
    found = {
        version: Recut(model.ref, _made(declaration, model.contract, gathered[version]), model.predict)
        for version, model in known.items()
        if gathered[version].seen >= declaration.drift.minimum
    }
    return found, {version: gathered[version].seen for version in known}


def _batches(decode: Decoder, number: int, records: Iterable[Any]) -> Iterable[Batch]:
    ordered = iter(records)
    while some := list(islice(ordered, SIZE)):
        stamps = [record.timestamp()[1] for record in some]
        yield decode(number, [record.offset() for record in some], stamps, [record.value() for record in some])


def _made(declaration: Declaration, contract: Contract, gathered: _Gathered) -> Contract:
    narrowed = replace(declaration, features={name: declaration.features[name] for name in contract.features})
    x, times = np.concatenate(gathered.x), np.concatenate(gathered.times)
    order = np.argsort(times, kind="stable")
    x, times = x[order], times[order]
    place = {name: contract.features.index(name) for name in contract.categories}
    rare = {name: x[:, column] == UNSEEN for name, column in place.items()}
    for name, column in place.items():
        x[rare[name], column] = np.nan
    data = Found(x, times, contract.categories, rare, contract.trained_until)
    cells = reference(narrowed, data, np.ones(len(x), bool), None)
    score = next(one for one in contract.reference if one.feature == SCORE and not one.segment)
    whole = len(contract.features)
    return replace(contract, reference=[*cells[:whole], score, *cells[whole:]])
