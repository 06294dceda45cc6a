"""The parts of a stream that are measured one by one: how each is started, and how far it is."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.scaling.meter import Committed, Costs, Ends
from benchmarks.scaling.place import Place, Stream

Asked = Ends | Committed


@dataclass(frozen=True, slots=True)
class Part:
    """`reads`: the topic that is done when its last offset is; None for samples. `commits`: wait for the lanes too."""

    name: str
    commands: Callable[[Stream], list[list[str]]]
    done: Callable[[Place, Stream], Asked]
    reads: Callable[[Stream], str] | None = None
    commits: bool = False


def _committed(group: str, topic: Callable[[Stream], str]) -> Callable[[Place, Stream], Asked]:
    return lambda place, stream: Committed(place.settings.kafka, f"{stream.topics.stream}.{group}", topic(stream))


def _samples(stream: Stream) -> str:
    return stream.topics.samples


def _predictions(stream: Stream) -> str:
    return stream.topics.predictions


def _scored(place: Place, stream: Stream) -> Asked:
    return Ends(place.settings.kafka, _predictions(stream))


def _frame(stream: Stream) -> list[str]:
    return ["streams", "frame", str(stream.declaration), "--instance", "framer-0"]


def _score(stream: Stream) -> list[str]:
    return ["streams", "score", str(stream.declaration), "--instance", "scorer-0"]


def _consumer(name: str) -> Part:
    return Part(name, lambda stream: [["consumers", name, str(stream.declaration)]], _committed(name, _predictions),
                _predictions)  # fmt: skip


PARTS = (
    Part("framer", lambda stream: [_frame(stream)], _committed("framer", _samples)),
    Part("scorer", lambda stream: [_score(stream)], _scored, commits=True),
    _consumer("warehouse"),
    _consumer("evaluator"),
)
BOTH = Part("both", lambda stream: [_frame(stream), _score(stream)], _scored, commits=True)


def figures(found: Mapping[str, Costs]) -> dict[str, float]:
    """What is said of each part.

    Raises:
        RuntimeError: one did all its work between two readings, so that it has no rate.
    """
    for name, one in found.items():
        if math.isnan(one.many.rate):
            raise RuntimeError(f"{name}: {one.many.count} samples came out at once: give it more of them")
    plain = {f"{name}_us": one.us("own") for name, one in found.items()}
    plain |= {f"{name}_rate": one.many.rate for name, one in found.items()}
    return plain | {
        "framer_mb": found["framer"].many.rss / 2**20,
        "framer_starts_s": found["framer"].many.starts_s,
        "scorer_mb": found["scorer"].many.rss / 2**20,
        "scorer_starts_s": found["scorer"].many.starts_s,
        "broker_frame_us": found["framer"].us("kafka"),
        "broker_score_us": found["scorer"].us("kafka"),
        "broker_predictions_read_us": found["warehouse"].us("kafka"),
        "postgres_us": found["warehouse"].us("postgres"),
        "evaluator_id_b": found["evaluator"].grown,
    }
