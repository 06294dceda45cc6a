"""The figures of a demo: asked of PostgreSQL and Kafka when all is over, printed, and written as summary.json."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

import msgspec
from msgspec import Struct
from psycopg.rows import class_row
from rich import box
from rich.table import Table

from infra import balance
from infra.balance import Account
from infra.cli import decisions, tables, versions, words
from infra.cli.demo.measures import promotions, retrains
from infra.cli.demo.moment import Day, Losses, milliseconds
from infra.postgres.connection import Connection
from infra.settings import Settings
from schemas.messages import Models

HELD = """\
the replay's clock was held during retrains: at this
speed 10 s of training would be a month of flights"""


class Summary(Struct, frozen=True, kw_only=True):
    """summary.json: `balance` is received less scored, rejected and duplicates; losses are means a labelled sample."""

    received: int
    scored: int
    rejected: int
    duplicates: int
    late: int
    balance: int
    drift_events: int
    retrains: int
    promotions: int
    log_loss_live: float | None
    log_loss_never_retrained: float | None
    seconds: float
    resident_mb: float
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Year:
    """What the picture shows: losses by day; when drift opened; event time (ms) and version of each promotion."""

    losses: Losses
    opened: tuple[datetime, ...]
    promotions: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of year.sql."""

    day: datetime
    labelled: int
    live: float
    never: float


def ask(settings: Settings, stream: str, first: Models, seconds: float, resident_mb: float) -> tuple[Summary, Year]:
    """Reads everything.

    Raises:
        Unavailable: a server does not answer.
    """
    trail = decisions.from_topic(settings.kafka, stream)
    with tables.connect(settings.postgres) as connection:
        account = balance.read(settings.kafka, connection, stream).total
        losses = by_day(connection, stream, first)
        events = tables.events(connection, stream)
    year = Year(losses, tuple(one.event_time for one in events if one.kind == "opened"), promotions(trail, first))
    summary = summarize(
        account, year, len(events), retrains(trail, first), seconds, resident_mb, versions.running(settings)
    )
    return summary, year


def by_day(connection: Connection, stream: str, first: Models) -> Losses:
    """Both models' log-losses by day, over samples from the end of the first training on."""
    champion = first.champion
    query = files("infra.cli.demo").joinpath("year.sql").read_bytes()
    since = datetime.fromtimestamp(champion.trained_until / 1000, tz=UTC)
    with connection.cursor(row_factory=class_row(_Row)) as cursor:
        rows = cursor.execute(query, {"stream": stream, "first": champion.version, "since": since}).fetchall()
    return Losses(tuple(Day(milliseconds(row.day), row.labelled, row.live, row.never) for row in rows))


def summarize(
    account: Account,
    year: Year,
    drift_events: int,
    retrained: int,
    seconds: float,
    resident_mb: float,
    used: dict[str, str],
) -> Summary:
    """The figures together."""
    live, never = year.losses.total()
    return Summary(
        received=account.received,
        scored=account.scored,
        rejected=account.rejected,
        duplicates=account.duplicates,
        late=account.late,
        balance=account.lag,
        drift_events=drift_events,
        retrains=retrained,
        promotions=len(year.promotions),
        log_loss_live=None if live is None else round(live, 5),
        log_loss_never_retrained=None if never is None else round(never, 5),
        seconds=round(seconds, 1),
        resident_mb=round(resident_mb),
        versions=used,
    )


def write(summary: Summary, path: Path) -> None:
    """Writes summary.json."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")


def table(summary: Summary) -> Table:
    """The figures as a table for people."""
    drawn = Table(box=box.SIMPLE, show_header=False, title="A year of flights", title_style="bold")
    drawn.add_column()
    drawn.add_column(justify="right")
    drawn.add_column(style="dim")
    for row in _rows(summary):
        drawn.add_row(*row)
    return drawn


def _rows(summary: Summary) -> list[tuple[str, str, str]]:
    live, never = summary.log_loss_live, summary.log_loss_never_retrained
    gain = f"{(never - live) / never:.1%} better than standing still" if live is not None and never else ""
    whole = "NOT ACCOUNTED FOR" if summary.balance else "received = scored + rejected + duplicates"
    return [
        ("received", words.count(summary.received), "flights sent to Kafka"),
        ("scored", words.count(summary.scored), f"{words.count(summary.late)} of them late"),
        ("rejected", words.count(summary.rejected), "`leeway rejected` lists them" if summary.rejected else ""),
        ("duplicates", words.count(summary.duplicates), ""),
        ("balance", words.count(summary.balance), whole),
        ("drift events", words.count(summary.drift_events), ""),
        (
            "retrains",
            words.count(summary.retrains),
            f"{summary.promotions} promoted, proven on the same recent flights",
        ),
        ("log-loss, live", words.loss(live), gain),
        ("log-loss, never retrained", words.loss(never), "version 1, scored in the stream on the same flights"),
        ("seconds", words.count(summary.seconds), HELD),
        ("resident memory", f"{summary.resident_mb:,.0f} MB", "of all processes together, at most"),
    ]
