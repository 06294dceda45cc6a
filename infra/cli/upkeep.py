"""Commands that keep what is stored in bounds, and safe."""
# ruff: noqa: PLC0415 - see infra.cli.given
# ruff: noqa: FBT002 - typer reads switches from a function's parameters; nobody calls these by position

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from infra.cli.given import HOME, Home, StreamName, settings
from schemas.errors import Refused

if TYPE_CHECKING:
    from infra.postgres.connection import Connection

Moment = Annotated[str | None, typer.Option(help="ISO 8601; UTC where no zone is given.")]


def add(app: typer.Typer) -> None:
    """Registers them."""
    for command in (export, purge, backup, restore):
        app.command(rich_help_panel="Keep")(command)


def export(
    table: Annotated[str, typer.Argument(help="Such as predictions, labels, drift or decisions.")],
    file: Annotated[Path, typer.Argument(help="A .parquet file.")],
    home: Home = HOME,
    stream: StreamName = "",
    since: Moment = None,
    until: Moment = None,
) -> None:
    """Rows of a table in PostgreSQL as a Parquet file, in order of time."""
    from infra.cli import tables
    from infra.upkeep.export import export as run
    from infra.upkeep.stores import store

    found, name = settings(home), store(table)
    with tables.connect(found.postgres) as connection:
        count = run(connection, _stored(connection, stream), name, file, _moment(since), _moment(until))
    typer.echo(f"{file}: {count:,} rows of {table}")


def purge(
    before: Annotated[str, typer.Option("--before", help="ISO 8601: rows of earlier times are thrown away.")],
    home: Home = HOME,
    stream: StreamName = "",
    table: Annotated[
        list[str] | None, typer.Option(help="Only this one; again for more. The decision trail goes only if named.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say how many rows, and throw none away.")] = False,
) -> None:
    """Throw old rows away, in small batches; what is kept of samples can still be trained on."""
    from infra.cli import tables
    from infra.upkeep.command import purge as run
    from infra.upkeep.stores import STORES, store

    found = settings(home)
    stores = [store(name) for name in table] if table else [one for one in STORES.values() if not one.trail]
    with tables.connect(found.postgres) as connection:
        meant = _stored(connection, stream)
    run(found, meant, stores, _date(before), dry_run=dry_run)


def backup(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet.")], home: Home = HOME
) -> None:
    """PostgreSQL's tables and this deployment's MLflow into a folder; everything may go on meanwhile."""
    from infra.upkeep.backup import backup as run

    made = run(settings(home), folder)
    where = "" if made.mlflow else ". MLflow is not of this deployment: back it up where it runs"
    typer.echo(f"{folder}: {len(made.files)} files{where}")


def restore(
    folder: Annotated[Path, typer.Argument(help="That `leeway backup` wrote.")],
    home: Home = HOME,
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what PostgreSQL holds now.")] = False,
) -> None:
    """A backup in place of what PostgreSQL and MLflow hold; the consumers must not run meanwhile."""
    from infra.upkeep.backup import restore as run

    made = run(settings(home), folder, replace=replace)
    typer.echo(
        f"Restored {folder}, of {datetime.fromtimestamp(made.at / 1000, UTC):%Y-%m-%d %H:%M}. "
        "Started again, the warehouse reads on in the topics from where the backup ends"
    )


def _stored(connection: "Connection", name: str) -> str:
    """The stream that is meant, by what PostgreSQL holds: for this no Kafka is needed."""
    from infra.cli import tables

    known = tables.streams(connection)
    if name in known or (not name and len(known) == 1):
        return name or known[0]
    raise Refused(f"Which stream? PostgreSQL holds rows of {', '.join(known) or 'none'}. Use --stream")


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _date(text)


def _date(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(f"{text!r} is not a date in ISO 8601, as 2013-03-05 or 2013-03-05T06:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
