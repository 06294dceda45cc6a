"""`leeway dataset RETRAIN [FILE]`: the rows that a retrain was trained on and judged by, made again."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from consumers.retrainer import inspection
from consumers.retrainer.history import History
from consumers.retrainer.quality import leftout
from consumers.training.dataset import Dataset
from consumers.training.history import KNOWN, LABEL
from infra import kafka
from infra.postgres import connect
from infra.settings import Settings
from infra.upkeep import note
from schemas import declaration
from schemas.declaration import Declaration
from schemas.duration import day
from schemas.errors import Refused
from schemas.messages import Decision, Figures
from schemas.topics import Topics


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The rows, their ids in the same order, and the window of them that was trained on."""

    data: Dataset
    ids: list[str]
    window: str


def run(settings: Settings, path: Path, retrain: str, target: Path | None) -> None:
    """Makes them, writes them if `target` is given, and says what they are.

    Raises:
        Refused: see `rebuild` and `write`.
        Unavailable: PostgreSQL is away.
    """
    declared = declaration.load(path)
    found = rebuild(settings, declared, retrain)
    if target is not None:
        write(found, declared, target)
    sys.stdout.write(
        f"{retrain}: {len(found.data):,} rows known at {day(found.data.as_of)}, window {found.window}; "
        f"SHA-256 {found.data.digest}, as in its decision{f'; written to {target}' if target else ''}\n"
    )


def rebuild(settings: Settings, declared: Declaration, retrain: str) -> Rebuilt:
    """As of the event time of the retrain, from what was read then.

    Raises:
        Refused: it trained nothing, or what PostgreSQL holds now gives other rows.
        Unavailable: PostgreSQL is away.
    """
    trained = _trained(settings.kafka, declared.name, retrain)
    history, figures = History(declared), trained.figures
    upto = [inspection.offsets(str(figures.get(name) or "")) for name in (inspection.SAMPLES, inspection.LABELS)]
    with connect(settings.postgres, application="leeway-dataset", patience_s=0) as connection:
        history.extend(connection, (upto[0], upto[1]) if all(upto) else None)
        gone = note.purged(connection, declared.name)
    spans = leftout.parse(str(figures.get(inspection.LEFT_OUT) or ""))
    whole = history.known(trained.event_time)
    data = leftout.without(whole, spans)
    if data.digest != figures.get(inspection.DIGEST):
        raise Refused(f"{retrain}: {_differs(data, figures)}{gone and f'. {gone}'}")
    kept = leftout.kept(whole.times, whole.known, spans)
    ids = history.ids(trained.event_time)
    return Rebuilt(data, [ids[place] for place in np.flatnonzero(kept)], str(figures.get("window")))


def write(found: Rebuilt, declared: Declaration, target: Path) -> None:
    """As Parquet or CSV, by the file's ending; columns as `leeway train` reads them.

    Raises:
        Refused: another ending, or the file cannot be written.
    """
    import pyarrow as pa  # noqa: PLC0415 - heavy, and only this writes files
    from pyarrow import csv, parquet  # noqa: PLC0415 - as above

    writers = {".parquet": parquet.write_table, ".csv": csv.write_csv}
    if target.suffix not in writers:
        raise Refused(f"{target}: a data set is written as .parquet or .csv")
    table = pa.table(_columns(found, declared))
    try:
        writers[target.suffix](table, target)
    except OSError as error:
        raise Refused(f"{target}: cannot be written ({error.strerror or error})") from error


def _columns(found: Rebuilt, declared: Declaration) -> dict[str, Any]:
    import pyarrow as pa  # noqa: PLC0415 - as above

    data = found.data
    columns: dict[str, Any] = {"id": found.ids, declared.stream.event_time: data.times}
    for place, (name, feature) in enumerate(declared.features.items()):
        column = data.rows[:, place]
        if feature.kind == "category":
            values = data.values.get(name, [])
            columns[name] = pa.array([None if np.isnan(code) else values[int(code)] for code in column], pa.string())
        else:
            kind = {"integer": pa.int64(), "boolean": pa.bool_()}.get(feature.kind, pa.float64())
            columns[name] = pa.array(column, from_pandas=True).cast(kind)
    return columns | {LABEL: data.labels, KNOWN: data.known}


def _trained(bootstrap: str, stream: str, retrain: str) -> Decision:
    """The decision that says what it was trained on; from the topic, which keeps the whole trail."""
    said = (
        msgspec.json.decode(one.value() or b"", type=Decision)
        for one in kafka.read(bootstrap, Topics(stream).decisions, 0)
    )
    found = {one.retrain: one for one in said if one.step == "trained" and inspection.DIGEST in one.figures}
    if retrain not in found:
        known = f"these did: {', '.join(list(found)[-5:])}" if found else "none did so far"
        raise Refused(f"No retrain {retrain!r} of {stream} trained on the stream; {known}")
    return found[retrain]


def _differs(data: Dataset, figures: Figures) -> str:
    """What can be said of why the rows are not the same."""
    then, now = figures.get(inspection.ROWS), len(data)
    said = f"its data set had SHA-256 {figures[inspection.DIGEST]}, what PostgreSQL holds gives {data.digest}. "
    if then is None:
        return said + "It was made by an earlier program, which did not write down how far it had read"
    if now < int(then):
        return said + f"{int(then) - now:,} of its {then:,} rows are gone from PostgreSQL"
    if now > int(then):
        return said + f"There are {now - int(then):,} rows more than the {then:,} of then below the same offsets"
    return said + f"It has as many rows, {now:,}, with other values: is this the declaration that it was made with?"
