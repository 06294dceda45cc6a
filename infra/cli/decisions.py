"""`leeway decisions`: the trail as lines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec import Struct
from rich.console import Console
from rich.text import Text

from infra import kafka
from infra.cli import tables, words
from infra.cli.tables import Decision
from infra.settings import Settings
from schemas.errors import Unavailable
from schemas.topics import Topics


def find(settings: Settings, stream: str, limit: int) -> list[Decision]:
    """The last steps, oldest first: from PostgreSQL, or from the topic where that is away.

    Raises:
        Unavailable: neither answers.
    """
    try:
        with tables.connect(settings.postgres) as connection:
            return tables.decisions(connection, stream, limit)
    except Unavailable:
        return from_topic(settings.kafka, stream)[-limit:]


def from_topic(bootstrap: str, stream: str, start: int = 0) -> list[Decision]:
    """Every step in the topic from the offset `start` on, oldest first.

    Raises:
        Unavailable: Kafka does not answer.
    """
    topic = Topics(stream).decisions
    return [_decision(message.value() or b"") for message in kafka.read(bootstrap, topic, 0, start)]


def show(found: Sequence[Decision], console: Console) -> None:
    """One line a step: when in the stream, which retrain, step, version, reason."""
    for one in found:
        version = "" if one.version is None else f"v{one.version}"
        console.print(
            Text(f"{words.minute(one.event_time)}  {one.retrain}  "),
            Text(f"{one.step:<12}", words.STYLES.get(one.step, "")),
            Text(f"{version:<4} {one.reason}"),
            sep="",
        )
    if not found:
        console.print("No decision yet.")


class _Said(Struct, frozen=True):
    """A decision as far as it is shown; what its figures hold is the retrainer's own affair."""

    retrain: str
    event: str
    step: str
    reason: str
    event_time: int
    at: int
    version: int | None = None
    figures: dict[str, Any] = {}


def _decision(value: bytes) -> Decision:
    said = msgspec.json.decode(value, type=_Said)
    return Decision(
        retrain=said.retrain,
        event=said.event,
        step=said.step,
        reason=said.reason,
        event_time=datetime.fromtimestamp(said.event_time / 1000, UTC),
        at=datetime.fromtimestamp(said.at / 1000, UTC),
        version=said.version,
        figures=said.figures,
    )
