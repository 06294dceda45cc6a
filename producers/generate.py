"""Generated traffic with a known answer: a logistic concept that shifts abruptly, for tests and examples."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from producers.events import Timeline
from producers.tables import History, history
from schemas.errors import Refused

CITIES = ("berlin", "lagos", "lima", "osaka")
_CITY_EFFECTS = (-0.5, 0.0, 0.5, 1.0)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What to generate: `n` samples, one every `step_ms`, with features x0 ... x{numbers-1} and `city`.

    The label is 1 with probability sigmoid(weights . x + city's effect) and known between 1 and 2 `delay_ms` later.
    From `shift_at` (a share of the samples) on, every x has its mean moved by `moved` and the weights are reversed.
    """

    n: int = 10_000
    seed: int = 0
    start_ms: int = 1_735_689_600_000
    step_ms: int = 10_000
    numbers: int = 3
    delay_ms: int = 600_000
    shift_at: float | None = None
    moved: float = 2.0


def traffic(asked: Traffic) -> History:
    """The samples and labels; the same `asked` gives the same bytes."""
    random = np.random.default_rng(asked.seed)
    times = asked.start_ms + np.arange(asked.n, dtype=np.int64) * asked.step_ms
    shifted = np.arange(asked.n) >= (1.0 if asked.shift_at is None else asked.shift_at) * asked.n
    x = random.normal(size=(asked.n, asked.numbers)) + asked.moved * shifted[:, None]
    city = random.integers(len(CITIES), size=asked.n)
    weights = np.linspace(2.0, 0.5, asked.numbers)
    logit = (x - asked.moved * shifted[:, None]) @ weights * np.where(shifted, -1.0, 1.0)
    probability = 1 / (1 + np.exp(-(logit + np.array(_CITY_EFFECTS)[city])))
    labels = (random.random(asked.n) < probability).astype(np.int64)
    label_times = times + asked.delay_ms + random.integers(0, asked.delay_ms + 1, asked.n)
    features = {f"x{index}": np.round(x[:, index], 6) for index in range(asked.numbers)}
    features["city"] = np.array(CITIES, dtype=object)[city]
    ids = np.array([f"{asked.seed}-{number:07}" for number in range(asked.n)], dtype=object)
    return history(times, ids, features, np.ones(asked.n, dtype=bool), label_times, labels)


def write(made: History, output: Path) -> list[Path]:
    """Writes OUT.csv (a row a sample with its label), or OUT.jsonl of samples and OUT.labels.jsonl; gives the paths.

    Raises:
        Refused: the output has another ending, or cannot be written.
    """
    try:
        if output.suffix == ".csv":
            _write_csv(made, output)
            return [output]
        if output.suffix == ".jsonl":
            labels = output.with_suffix(".labels.jsonl")
            for path, track in ((output, made.samples), (labels, made.labels)):
                with path.open("wb") as file:
                    for events in Timeline([track]).chunks():
                        file.writelines(event.value + b"\n" for event in events)
            return [output, labels]
    except OSError as error:
        raise Refused(f"{output}: cannot be written ({error.strerror})") from error
    raise Refused(f"{output}: give a name that ends in .csv or .jsonl")


def _write_csv(made: History, output: Path) -> None:
    import pyarrow as pa  # noqa: PLC0415 - only this format needs it
    from pyarrow import csv  # noqa: PLC0415 - only this format needs it

    samples, labels = made.samples, made.labels
    order = np.argsort(labels.ids.astype(str), kind="stable")
    row = order[np.searchsorted(labels.ids.astype(str)[order], samples.ids.astype(str))]
    columns = {"id": samples.ids, samples.event_time: samples.times, **samples.features}
    columns |= {"label": labels.values[row], "label_ts": labels.times[row]}
    csv.write_csv(pa.table({name: pa.array(column.tolist()) for name, column in columns.items()}), output)
