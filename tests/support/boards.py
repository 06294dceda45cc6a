"""Every panel of the committed boards: what it asks, and whether an answer is of the type that it draws."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "infra" / "grafana" / "boards"
POSTGRES = "leeway-postgres"


@dataclass(frozen=True)
class Asked:
    """One query of one panel."""

    board: str
    panel: str
    kind: str
    text: str
    of_postgres: bool

    def __str__(self) -> str:
        return f"{self.board}: {self.panel}"

    def filled(self, variables: Mapping[str, str]) -> str:
        """The query with Grafana's variables in it, `:sqlstring` quoted as Grafana does."""
        text = re.sub(r"\$\{(\w+):sqlstring\}", lambda found: _quoted(variables[found[1]]), self.text)
        return re.sub(r"\$\{?([a-z]+)\}?", lambda found: variables[found[1]], text)


def boards() -> dict[str, dict[str, Any]]:
    """The committed boards by uid."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def asked() -> Iterator[Asked]:
    """All queries of all panels, and of annotations and variables."""
    for uid, board in boards().items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                sql = target.get("rawSql")
                yield Asked(uid, panel["title"], panel["type"], sql or target["expr"], sql is not None)
        for note in board["annotations"]["list"]:
            yield Asked(uid, note["name"], "annotation", note["expr"], of_postgres=False)
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield Asked(uid, f"variable {variable['name']}", "variable", variable["query"], of_postgres=True)


def fault(kind: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Why rows of PostgreSQL cannot be drawn by this kind of panel; "" if they can."""
    if not rows:
        return "no rows"
    numbers = [all(_is_number(row[i]) or row[i] is None for row in rows) for i in range(len(columns))]
    some = [any(row[i] is not None for row in rows) for i in range(len(columns))]
    if kind == "trend":
        times = [row[columns.index("at")] for row in rows]
        if times != sorted(set(times)):
            return "`at` does not ascend"
        return "" if all(numbers) and sum(some) > 1 else "a line is not of numbers, or there is none"
    if kind == "barchart":
        return "" if isinstance(rows[0][0], str) and all(numbers[1:]) else "a name and numbers are needed"
    if kind == "stat":
        return "" if len(rows) == 1 and numbers[0] and some[0] else "one number is needed"
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, Number) and not isinstance(value, bool)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
