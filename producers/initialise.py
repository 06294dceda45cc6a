"""Writes a commented declaration from a history: what was found stands beside each line."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from producers import sections
from producers.columns import columns
from producers.convert import Unreadable, times
from producers.events import Times
from producers.likeness import likeness
from producers.rawtable import RawTable, read_table
from producers.rhythm import PANES, rhythm
from producers.samplelines import read_samples
from producers.survey import Finding, survey
from producers.tolerance import section
from producers.variation import variation
from schemas.declaration import parse
from schemas.duration import milliseconds
from schemas.errors import Refused

_TIME_NAMES = ("ts", "time", "timestamp", "event_time", "datetime", "date", "created_at", "when")
_SECONDS_BELOW = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person said about the history; None is found from the data."""

    name: str | None = None
    label: str | None = None
    event_time: str | None = None
    id: str | None = None


def initialise(path: Path, output: Path | None, asked: Asked, *, force: bool = False) -> tuple[Path, str]:
    """Writes the declaration (by default NAME.toml in the current folder); gives its path and text.

    Raises:
        Refused: the history cannot be read, has no time or no feature, or the file exists and not `force`.
    """
    table = read_samples(path) if path.suffix in (".jsonl", ".ndjson") else read_table(path)
    name = asked.name or _slug(path)
    target = output or Path(f"{name}.toml")
    if target.exists() and not force:
        raise Refused(f"{target} exists and was not changed: give --force to replace it, or another --output")
    text = declaration_text(table, name, asked)
    parse(text.encode(), str(target))
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused(f"{target}: cannot be written ({error.strerror})") from error
    return target, text


def declaration_text(table: RawTable, name: str, asked: Asked) -> str:
    """The text of a declaration for this table.

    Raises:
        Refused: the table is empty, or no time or no feature is found in it.
    """
    if not table.rows:
        raise Refused(f"{table.path}: holds no rows, so nothing can be said about them")
    for column in (asked.label, asked.event_time, asked.id):
        if column is not None and column not in table.columns:
            raise Refused(f"{table.path}: has no column {column!r}; it has {', '.join(table.columns)}")
    event_time, moments, present = _event_time(table, asked.event_time)
    label, id_ = asked.label or "label", asked.id or "id"
    findings = survey(table, {event_time, label, id_, "label_ts"})
    if not any(finding.kind for finding in findings):
        raise Refused(f"{table.path}: no column can be a feature: {_left_out(findings)}")
    pace, labels = rhythm(moments), sections.labels(table, label)
    found = variation(columns(table, findings, present), moments, PANES[pace.pane], milliseconds(pace.reference))
    blocks = [
        f"# Declared from {sections.safe(table.path.name)}: {table.rows} rows in {pace.span}. Read before use.",
        sections.stream(name, event_time, pace),
        *(sections.feature(finding) for finding in findings if finding.kind),
        *(
            f"# No feature: {sections.safe(finding.name)}: {sections.safe(finding.note)}"
            for finding in findings
            if not finding.kind
        ),
        sections.label(table, labels, label, event_time),
        sections.model(likeness(labels[present], moments, PANES[pace.pane]), int((~np.isnan(labels[present])).sum())),
        section(pace, found),
        sections.retrain(pace),
    ]
    return "\n\n".join(blocks) + "\n"


def _event_time(table: RawTable, asked: str | None) -> tuple[str, Times, NDArray[np.bool_]]:
    """The column of event times, those that are there, and in which rows that is."""
    names = [asked] if asked else [name for name in _TIME_NAMES if name in table.columns]
    for name in names:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,62}", name):
            raise Refused(
                f"{table.path}: column {name!r} cannot be the event time: rename it, letters, digits and _ only"
            )
        try:
            found, present = times(table.columns[name])
        except Unreadable as error:
            if asked:
                raise Refused(f"{table.place(error.row)}, column {name}: {error}") from error
            continue
        if present.any():
            return name, _in_milliseconds(table, name, found[present]), present
    raise Refused(f"{table.path}: no column of event times found; name it with --event-time COLUMN")


def _in_milliseconds(table: RawTable, name: str, found: Times) -> Times:
    if found.max() < _SECONDS_BELOW and found.min() > 0 and found.max() > _SECONDS_BELOW / 1000:
        raise Refused(
            f"{table.path}, column {name}: looks like seconds; event times are ISO 8601 or epoch milliseconds"
        )
    return found


def _left_out(findings: list[Finding]) -> str:
    return (
        "; ".join(f"{finding.name}: {finding.note}" for finding in findings)
        or "there is none beside time, id and label"
    )


def _slug(path: Path) -> str:
    stem = path.name.split(".")[0].lower()
    slug = re.sub(r"[^a-z0-9]+", "-", stem).strip("-")
    return slug[:60] if slug and slug[0].isalpha() else f"stream-{slug}"[:60].rstrip("-")
