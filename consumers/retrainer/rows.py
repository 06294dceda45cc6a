"""New rows of `predictions` and `labels` out of PostgreSQL, by COPY, as columns."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np
import psycopg
import structlog
from psycopg import sql

from consumers.training.dataset import Ints, codes
from infra.boosting import Floats
from infra.postgres import unavailable
from infra.postgres.connection import Connection
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.sample import features_type

_ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f", b"v": b"\v"}
_COLUMNS = {"predictions": ("id", "features", "score"), "labels": ("id", "label")}
_ALL = 2**63 - 1
_PIECE = 8_000_000
"""Bytes that are taken apart at a time: what is read has many times the size of the columns it becomes."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Scored:
    """Samples: `places` int64 (n, 3) of partition, offset and event time in ms; `rows` float64 (n, k) with codes.

    `scores` are float64 (n,), as they were served.
    """

    places: Ints
    ids: list[bytes]
    rows: Floats
    values: dict[str, list[str]]
    scores: Floats


@dataclass(frozen=True, slots=True)
class Labelled:
    """Labels: `places` int64 (n, 3) of partition, offset and the ms since when it is known; `labels` int64 (n,)."""

    places: Ints
    ids: list[bytes]
    labels: Ints


def scored(
    connection: Connection, declaration: Declaration, after: Mapping[int, int], before: Mapping[int, int] | None = None
) -> Iterator[Scored]:
    """The predictions whose offset in `samples` is at least `after[partition]`, else all of the partition, in pieces.

    With `before` only those below `before[partition]`, else none of the partition.

    Raises:
        Unavailable: PostgreSQL went away; the pieces so far hold each partition without a gap.
        Refused: not one row of a piece fits the declaration.
    """
    for places, ids, (texts, scores) in _read(connection, "predictions", declaration, after, before):
        kept, decoded = _decoded(declaration, texts)
        rows, values = _columns(declaration, decoded)
        yield Scored(
            places[kept], [ids[place] for place in kept], rows, values, np.array(scores, dtype=np.float64)[kept]
        )


def labelled(
    connection: Connection, declaration: Declaration, after: Mapping[int, int], before: Mapping[int, int] | None = None
) -> Iterator[Labelled]:
    """The labels whose offset is at least `after[partition]`, else all of the partition, in pieces; `before` as above.

    Raises:
        Unavailable: as above.
    """
    for places, ids, (labels,) in _read(connection, "labels", declaration, after, before):
        yield Labelled(places, ids, np.array(labels, dtype="S20").astype(np.int64))


def _read(
    connection: Connection,
    table: str,
    declaration: Declaration,
    after: Mapping[int, int],
    before: Mapping[int, int] | None,
) -> Iterator[tuple[Ints, list[bytes], list[list[bytes]]]]:
    """Places, ids, and the table's other columns, in order of partition and offset."""
    starts = sql.SQL(", ").join(
        sql.SQL("({}, {}::bigint, {}::bigint)").format(*map(sql.Literal, (partition, after.get(partition, 0), stop)))
        for partition in range(declaration.stream.partitions)
        for stop in [_ALL if before is None else before.get(partition, 0)]
    )
    query = sql.SQL(
        'COPY (SELECT row.partition, row."offset", (extract(epoch FROM row.ts) * 1000)::bigint, {columns}'
        " FROM (VALUES {starts}) AS start (partition, first, stop)"
        " CROSS JOIN LATERAL (SELECT * FROM {table} WHERE stream = {stream}"
        ' AND partition = start.partition AND "offset" >= start.first AND "offset" < start.stop) AS row'
        ' ORDER BY row.partition, row."offset") TO STDOUT'
    ).format(
        columns=sql.SQL(", ").join(sql.Identifier("row", name) for name in _COLUMNS[table]),
        starts=starts,
        table=sql.Identifier(table),
        stream=sql.Literal(declaration.name),
    )
    try:
        with connection.transaction(), connection.cursor() as cursor:
            # the ends of an index are asked for; statistics of a table that grows this fast say nothing of them
            cursor.execute("SET LOCAL enable_seqscan = off")
            with cursor.copy(query) as copy:
                for piece in _pieces(copy):
                    lines = [line.split(b"\t") for line in piece.split(b"\n")[:-1]]
                    places = np.array([line[:3] for line in lines], dtype="S20").astype(np.int64).reshape(-1, 3)
                    ids, *others = ([_plain(line[at]) for line in lines] for at in range(3, 3 + len(_COLUMNS[table])))
                    yield places, ids, others
    except psycopg.Error as error:
        raise unavailable(error) from error


def _pieces(copy: Iterable[bytes | bytearray | memoryview]) -> Iterator[bytes]:
    """Whole lines, some _PIECE bytes at a time; COPY gives whole lines in each block."""
    blocks: list[bytes] = []
    size = 0
    for block in copy:
        blocks.append(bytes(block))
        size += len(block)
        if size >= _PIECE:
            yield b"".join(blocks)
            blocks, size = [], 0
    if blocks:
        yield b"".join(blocks)


def _plain(text: bytes) -> bytes:
    """A field of COPY's text format without its escapes."""
    return _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), text) if b"\\" in text else text


def _decoded(declaration: Declaration, texts: Sequence[bytes]) -> tuple[Sequence[int], list[Any]]:
    """Which texts fit the declaration, and what they say. Others, of an earlier declaration, are told in the log."""
    kind = features_type(declaration)
    many: Any = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type] # a type made at run time
    try:
        return range(len(texts)), many.decode(b"[" + b",".join(texts) + b"]")
    except msgspec.ValidationError:
        return _fitting(kind, texts)


def _fitting(kind: Any, texts: Sequence[bytes]) -> tuple[list[int], list[Any]]:
    decoder = msgspec.json.Decoder(kind)
    kept: list[Any] = []
    places, reason = [], ""
    for place, text in enumerate(texts):
        try:
            kept.append(decoder.decode(text))
            places.append(place)
        except msgspec.ValidationError as error:
            reason = str(error)
    if not kept:
        raise Refused(f"None of {len(texts)} scored samples fits the declaration any more: {reason}")
    _log.warning("rows_left_out", rows=len(texts) - len(kept), reason=reason, next="the rest is trained on")
    return places, kept


def _columns(declaration: Declaration, decoded: Sequence[Any]) -> tuple[Floats, dict[str, list[str]]]:
    rows = np.empty((len(decoded), len(declaration.features)))
    values = {}
    for place, (name, feature) in enumerate(declaration.features.items()):
        column = list(map(attrgetter(name), decoded))
        if feature.kind == "category":
            rows[:, place], values[name] = codes(column)
        else:
            rows[:, place] = np.array(column, dtype=np.float64)  # None becomes NaN
    return rows, values
