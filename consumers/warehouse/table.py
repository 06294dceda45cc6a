"""What is said of one table, and the SQL that follows from it: staged by COPY, then inserted where it is new."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from psycopg.sql import SQL, Composable, Composed, Identifier

_STAGED = {"timestamptz": "int8", "int4": "int8", "jsonb": "text", "json": "text"}
"""Times are staged as epoch ms and JSON as its text; small integers as large ones, because psycopg's binary dump of an
int4 cuts off what is too large, and the server refuses it."""


@dataclass(frozen=True)
class Table:
    """One table's columns after `stream`.

    Attributes:
        name: of the table.
        columns: name -> PostgreSQL type.
        key: the primary key without `stream`; empty if rows of the same key are equal, so that the first stays.
        newest: column by which a row replaces another of its key; empty if the later message does.
    """

    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    newest: str = ""

    @cached_property
    def types(self) -> list[str]:
        """Types of the staged columns."""
        return [_STAGED.get(kind, kind) for kind in self.columns.values()]

    @cached_property
    def create(self) -> Composed:
        """Makes the staging table of this session."""
        pairs = zip(self._names, self.types, strict=True)
        columns = SQL(", ").join(SQL("{} {}").format(name, SQL(kind)) for name, kind in pairs)
        return SQL(
            "CREATE TEMPORARY TABLE {} (seq bigint GENERATED ALWAYS AS IDENTITY, {}) ON COMMIT DELETE ROWS"
        ).format(self._stage, columns)

    @cached_property
    def copy(self) -> Composed:
        """Fills it."""
        return SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(self._stage, SQL(", ").join(self._names))

    @cached_property
    def clear(self) -> Composed:
        """Empties it."""
        return SQL("DELETE FROM {}").format(self._stage)

    @cached_property
    def insert(self) -> Composed:
        """Moves it on; its one parameter, named stream, is the stream's name."""
        made = SQL(", ").join(_made(name, kind) for name, kind in self.columns.items())
        names = SQL(", ").join(self._names)
        if not self.key:
            return SQL("INSERT INTO {} (stream, {}) SELECT %(stream)s, {} FROM {} ON CONFLICT DO NOTHING").format(
                Identifier(self.name), names, made, self._stage
            )
        key = SQL(", ").join(map(Identifier, self.key))
        return SQL(
            "INSERT INTO {table} (stream, {names}) SELECT DISTINCT ON ({key}) %(stream)s, {made} FROM {stage}"
            " ORDER BY {key}, {order} seq DESC ON CONFLICT ({conflict}) DO UPDATE SET {replaced} {where}"
        ).format(
            table=Identifier(self.name),
            names=names,
            made=made,
            stage=self._stage,
            key=key,
            order=SQL("{} DESC,").format(Identifier(self.newest)) if self.newest else SQL(""),
            conflict=key if self.key == ("id",) else SQL("stream, {}").format(key),
            replaced=SQL(", ").join(SQL("{0} = excluded.{0}").format(name) for name in self._names),
            where=self._guard,
        )

    @property
    def _guard(self) -> Composable:
        if not self.newest:
            return SQL("")
        column = Identifier(self.newest)
        return SQL("WHERE excluded.{0} >= {1}.{0}").format(column, Identifier(self.name))

    @property
    def _stage(self) -> Identifier:
        return Identifier("pg_temp", f"stage_{self.name}")

    @property
    def _names(self) -> list[Identifier]:
        return [Identifier(name) for name in self.columns]


def _made(name: str, kind: str) -> Composable:
    """The staged column as the table wants it."""
    if kind == "timestamptz":
        return SQL("to_timestamp({} / 1000.0)").format(Identifier(name))
    return SQL("{}::{}").format(Identifier(name), SQL(kind))
