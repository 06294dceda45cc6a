"""The job for engines that hand out one record at a time, or lists: typed decode, checks, score, count, encode.

Only msgspec and the standard library for single records, and NumPy for lists, so that it runs in every environment.
It leaves out what the product does beside (duplicates, lateness, panes), which is in the peers' favour.
"""

import math
from bisect import bisect_left
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

EVEN = 0.5
"""A score from here on is class 1."""


class Plan(msgspec.Struct):
    """A logistic model over numbers as they are, and the cells that they are counted in; written by the benchmark."""

    features: list[str]
    weights: list[float]
    intercept: float
    low: float
    high: float
    cuts: list[list[float]]
    version: int


class Prediction(msgspec.Struct, gc=False):
    """As the product writes it."""

    id: str
    ts: int
    score: float
    label: int = msgspec.field(name="class")
    version: int
    shadow: dict[str, float]
    source: tuple[int, int]
    features: msgspec.Raw


class Job:
    """Compiled from a plan."""

    def __init__(self, path: str) -> None:
        self.plan = plan = msgspec.json.decode(Path(path).read_bytes(), type=Plan)
        features = msgspec.defstruct("Features", [(name, float) for name in plan.features], gc=False,
                                     forbid_unknown_fields=True)  # fmt: skip
        envelope = msgspec.defstruct(
            "Sample", [("features", msgspec.Raw), ("id", str), ("ts", int)], gc=False, forbid_unknown_fields=True
        )
        self.decode = msgspec.json.Decoder(envelope).decode
        self.decode_features = msgspec.json.Decoder(features).decode
        self.row = attrgetter(*plan.features)
        self.encode = msgspec.json.Encoder().encode
        self.counts = [[0] * (len(cuts) + 1) for cuts in plan.cuts]

    def one(self, value: bytes, partition: int, offset: int) -> tuple[bytes, bytes]:
        """Key and value of the prediction for one record."""
        plan = self.plan
        sample: Any = self.decode(value)
        row = self.row(self.decode_features(sample.features))
        total = plan.intercept
        for j, x in enumerate(row):
            if not plan.low <= x <= plan.high:
                raise ValueError(plan.features[j])
            total += x * plan.weights[j]
            self.counts[j][bisect_left(plan.cuts[j], x)] += 1
        score = 1 / (1 + math.exp(-total))
        return sample.id.encode(), self.encode(self.prediction(sample, score, (partition, offset)))

    def document(self, sample: dict[str, Any], partition: int, offset: int) -> dict[str, Any]:
        """The prediction for one record that the engine has decoded, for it to encode."""
        plan, features = self.plan, sample["features"]
        if sample.keys() != {"id", "ts", "features"} or len(features) != len(plan.features):
            raise ValueError(sample)
        total = plan.intercept
        for j, name in enumerate(plan.features):
            x = features[name]
            if not (isinstance(x, float) and plan.low <= x <= plan.high):
                raise ValueError(name)
            total += x * plan.weights[j]
            self.counts[j][bisect_left(plan.cuts[j], x)] += 1
        score = 1 / (1 + math.exp(-total))
        return {
            "id": sample["id"], "ts": sample["ts"], "score": score, "class": int(score >= EVEN),
            "version": plan.version, "shadow": {}, "source": [partition, offset], "features": features,
        }  # fmt: skip

    def prediction(self, sample: Any, score: float, source: tuple[int, int]) -> Prediction:
        """The record for one sample."""
        return Prediction(
            sample.id, sample.ts, score, int(score >= EVEN), self.plan.version, {}, source, sample.features
        )


class Vectors(Job):
    """The same for lists of records, by arrays."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        import numpy as np  # noqa: PLC0415 - only this class needs it

        self.np = np
        self.weights = np.array(self.plan.weights)
        self.cuts = [np.array(cuts) for cuts in self.plan.cuts]
        self.counted = [np.zeros(len(cuts) + 1, np.int64) for cuts in self.cuts]

    def many(self, values: list[bytes], places: list[tuple[int, int]]) -> list[tuple[bytes, bytes]]:
        """Keys and values of the predictions."""
        np, plan = self.np, self.plan
        samples: list[Any] = list(map(self.decode, values))
        x = np.array([self.row(self.decode_features(sample.features)) for sample in samples])
        if not ((x >= plan.low) & (x <= plan.high)).all():
            raise ValueError(x)
        for j, cuts in enumerate(self.cuts):
            self.counted[j] += np.bincount(np.searchsorted(cuts, x[:, j]), minlength=len(cuts) + 1)
        scores = (1 / (1 + np.exp(-(x @ self.weights + plan.intercept)))).tolist()
        return [
            (sample.id.encode(), self.encode(self.prediction(sample, score, place)))
            for sample, score, place in zip(samples, scores, places, strict=True)
        ]
