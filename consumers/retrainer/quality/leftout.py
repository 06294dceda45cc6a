"""Spans of time whose rows are not trained on, and how a decision writes them down."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from consumers.retrainer.history import digest
from consumers.training.dataset import Dataset, Ints, Mask
from schemas.duration import day


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `start` until before `end`, epoch ms, of event times, or of the times since when labels are known."""

    start: int
    end: int
    by_label: bool = False

    def __str__(self) -> str:
        return f"{'labels' if self.by_label else 'samples'} {self.start} {self.end}"

    def words(self) -> str:
        """For people."""
        return f"{'labels' if self.by_label else 'samples'} from {day(self.start)} until {day(self.end)}"


def parse(text: str) -> list[Span]:
    """The spans that `written` wrote.

    Raises:
        ValueError: it did not.
    """
    parts = [part.split(" ") for part in text.split(", ")] if text else []
    return [Span(int(start), int(end), kind == "labels") for kind, start, end in parts]


def written(spans: Iterable[Span]) -> str:
    """One text of all, in order, those that touch as one."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.by_label, one)):
        last = merged[-1] if merged else None
        if last is not None and last.by_label == span.by_label and span.start <= last.end:
            merged[-1] = replace(last, end=max(last.end, span.end))
        else:
            merged.append(span)
    return ", ".join(map(str, merged))


def kept(times: Ints, known: Ints, spans: Iterable[Span]) -> Mask:
    """Which rows lie in none of the spans; int64 (n,) both, epoch ms."""
    found = np.ones(len(times), dtype=bool)
    for span in spans:
        of = known if span.by_label else times
        found &= (of < span.start) | (of >= span.end)
    return found


def without(data: Dataset, spans: Iterable[Span]) -> Dataset:
    """The rows that lie in none of the spans, with the digest of what is left."""
    rest = kept(data.times, data.known, spans)
    if rest.all():
        return data
    left = data.of(rest)
    return replace(left, digest=digest(left.rows, left.labels, left.times, left.known, left.values))
