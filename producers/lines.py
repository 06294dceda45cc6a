"""A .jsonl file as tracks: each line already is a sample or a label and is sent untouched."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from producers.convert import Unreadable
from producers.events import Kind, Times
from schemas.errors import Refused
from schemas.sample import event_time


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of one kind in event order: `starts` and `sizes` are int64[n] bytes in the file, read when due."""

    kind: Literal["sample", "label"]
    times: Times
    ids: NDArray[np.object_]
    starts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    path: Path
    state: tuple[int, int]

    def records(self, low: int, high: int) -> list[tuple[bytes | None, bytes]]:
        """Key and line of the records `low` to `high` (exclusive).

        Raises:
            Refused: the file was changed since it was first read.
        """
        rows = zip(*(part[low:high].tolist() for part in (self.ids, self.starts, self.sizes)), strict=True)
        with _open(self.path) as file:
            if _state(file) != self.state:
                raise Refused(f"{self.path}: was changed while it was sent; give a file that nobody writes to")
            return [(key and key.encode(), os.pread(file.fileno(), size, start)) for key, start, size in rows]


class _Place(msgspec.Struct, gc=False):
    """What the replay must know of a line; everything else is judged by the stream."""

    id: str | None = None
    ts: int | str | None = None
    features: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    label: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def read_lines(path: Path, event_time_field: str) -> tuple[Lines, Lines]:
    """The samples and the labels of a file; a sample's time is in `event_time_field`, a label's in "ts".

    Raises:
        Refused: the file cannot be read, or a line is neither a sample nor a label with a time.
    """
    rows: dict[Kind, list[tuple[int, str | None, int, int]]] = {"sample": [], "label": []}
    with _open(path) as file:
        state = _state(file)
        for kind, row in _rows(file, event_time_field):
            rows[kind].append(row)
    return _track("sample", rows["sample"], path, state), _track("label", rows["label"], path, state)


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror})") from error


def _state(file: BinaryIO) -> tuple[int, int]:
    """Size and time of change, in bytes and nanoseconds."""
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _rows(file: BinaryIO, field: str) -> Iterator[tuple[Kind, tuple[int, str | None, int, int]]]:
    fields = [(part.name, part.type, part.default) for part in msgspec.structs.fields(_Place)]
    sample = msgspec.json.Decoder(msgspec.defstruct("Place", fields, rename={"ts": field}, gc=False))
    label = msgspec.json.Decoder(_Place)
    start = 0
    for number, line in enumerate(file, 1):
        text = line.strip()
        if text:
            try:
                kind, place = _judge(sample, label, text)
                yield kind, (_time(place, field if kind == "sample" else "ts"), place.id, start, len(line.rstrip()))
            except (msgspec.DecodeError, ValueError, Unreadable) as error:
                raise Refused(f"{file.name}, line {number}: {error}. Nothing was sent; correct or remove it") from error
        start += len(line)


def _judge(sample: msgspec.json.Decoder[Any], label: msgspec.json.Decoder[_Place], text: bytes) -> tuple[Kind, _Place]:
    place = sample.decode(text)
    if (place.features is msgspec.UNSET) == (place.label is msgspec.UNSET):
        raise ValueError("a line is a sample with `features`, or a label with `label`")
    if place.features is not msgspec.UNSET:
        return "sample", place
    place = label.decode(text)
    if place.id is None:
        raise ValueError("a label needs the `id` of its sample")
    return "label", place


def _time(place: _Place, field: str) -> int:
    if place.ts is None:
        raise ValueError(f"`{field}` is missing, so its place in time is not known")
    try:
        return event_time(place.ts)
    except ValueError:
        raise ValueError(f"`{field}` {str(place.ts)[:80]!r} is neither ISO 8601 nor epoch milliseconds") from None


def _track(kind: Kind, rows: list[tuple[int, str | None, int, int]], path: Path, state: tuple[int, int]) -> Lines:
    moments, ids, starts, sizes = zip(*rows, strict=True) if rows else ((), (), (), ())
    times = np.array(moments, np.int64)
    order = np.argsort(times, kind="stable")
    return Lines(
        kind,
        times[order],
        np.array([*ids, None], dtype=object)[:-1][order],
        np.array(starts, np.int64)[order],
        np.array(sizes, np.int64)[order],
        path,
        state,
    )
