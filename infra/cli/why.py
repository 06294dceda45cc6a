"""`leeway why`: from the window of samples that drift was seen in to the promotion, by one SQL query."""

from importlib.resources import files
from typing import Any

from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table
from rich.text import Text

from infra.cli import tables, words
from infra.settings import Settings

MOMENTS = frozenset({"serving_since", "window_start", "window_end", "requested"})


def query() -> str:
    """The query: plain SQL, as it can be given to psql."""
    return files("infra.cli").joinpath("why.sql").read_text("utf-8")


def ask(settings: Settings) -> list[dict[str, Any]]:
    """Its rows, newest version of each stream first.

    Raises:
        Unavailable: PostgreSQL does not answer.
    """
    with tables.connect(settings.postgres) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query().encode()).fetchall()


def show(rows: list[dict[str, Any]], console: Console) -> None:
    """One block a version, one line a column that has a value."""
    if not rows:
        console.print("No model has been put in charge yet: `leeway train DECLARATION HISTORY` trains the first.")
    for row in rows:
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bold", no_wrap=True)
        for name, value in row.items():
            if value is not None:
                table.add_row(name.replace("_", " "), Text(words.minute(value) if name in MOMENTS else str(value)))
        console.print(table, "")


def of(rows: list[dict[str, Any]], stream: str, *, every: bool) -> list[dict[str, Any]]:
    """The rows of a stream: every version, or that which serves now."""
    mine = [row for row in rows if row["stream"] == stream]
    return mine if every else mine[:1]
