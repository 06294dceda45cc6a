"""`leeway rejected`: the records that were put aside, why, and where the originals are."""

from itertools import chain
from typing import BinaryIO

from confluent_kafka import Message
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra import kafka, offsets
from infra.cli import tables
from infra.cli.tables import Rejected
from infra.settings import Settings
from schemas import reasons
from schemas.errors import Refused, Unavailable
from schemas.topics import Topics

SHOWN_BYTES = 60


def find(settings: Settings, stream: str, limit: int, reason: str | None) -> tuple[list[Rejected], str]:
    """The last rejected records, newest last, and what is to be said about where they come from.

    Raises:
        Refused: `reason` is none of ours.
        Unavailable: neither PostgreSQL nor Kafka answers.
    """
    if reason is not None and reason not in set(reasons.Reason):
        raise Refused(f"There is no reason {reason!r}; the reasons are: {', '.join(sorted(reasons.Reason))}")
    try:
        with tables.connect(settings.postgres) as connection:
            return tables.rejected(connection, stream, limit, reason), ""
    except Unavailable as error:
        return from_topic(settings.kafka, stream, limit, reason), f"{error}; read from the topic instead"


def from_topic(bootstrap: str, stream: str, limit: int, reason: str | None) -> list[Rejected]:
    """The same, read from the topic.

    Raises:
        Unavailable: Kafka does not answer.
    """
    topic = Topics(stream).rejected
    partitions = offsets.topics(bootstrap).get(topic, [])
    messages = list(chain.from_iterable(kafka.read(bootstrap, topic, partition) for partition in partitions))
    messages.sort(key=lambda message: (message.timestamp()[1], message.partition(), message.offset()))
    found = [of_message(message) for message in messages]
    return [one for one in found if reason in (None, one.reason)][-limit:]


def show(found: list[Rejected], console: Console) -> None:
    """One line a record: reason, place, detail, first bytes of the original."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("reason", "source"):
        table.add_column(name, no_wrap=True)
    for name in ("detail", "first bytes"):
        table.add_column(name, overflow="fold")
    for one in found:
        place = f"{one.topic}/{one.partition}/{one.offset}"
        table.add_row(Text(one.reason), Text(place), Text(one.detail), Text(first_bytes(one.value)))
    console.print(table if found else "Nothing was rejected.")


def write(found: list[Rejected], out: BinaryIO) -> None:
    """The originals, untouched, one after the other with a line end each: to be looked at, mended and sent again."""
    out.writelines((one.value or b"") + b"\n" for one in found)


def first_bytes(value: bytes | None) -> str:
    """The beginning of a value as Python writes bytes, so that whatever is in it shows and does no harm."""
    if value is None:
        return "(no value)"
    more = f" … {len(value):,} bytes" if len(value) > SHOWN_BYTES else ""
    return repr(value[:SHOWN_BYTES])[2:-1] + more


def of_message(message: Message) -> Rejected:
    """A record of `rejected` or `late`."""
    headers = dict(message.headers() or [])
    topic, partition, offset = reasons.source(_text(headers.get(reasons.SOURCE)) or "?/0/0")
    reason, detail = _text(headers.get(reasons.REASON)), _text(headers.get(reasons.DETAIL))
    return Rejected(reason, topic, partition, offset, detail, message.value())


def _text(value: bytes | str | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
