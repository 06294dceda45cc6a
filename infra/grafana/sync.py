"""`leeway grafana sync`: brings the boards to a Grafana; what was changed there by hand is shown and asked about."""

import difflib
import json
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

from infra.grafana.server import Grafana, Json
from schemas.errors import Refused

FOLDER = "leeway"
SOURCES = ("leeway-prometheus", "leeway-postgres")
ITS_OWN = ("id", "version", "iteration", "gnetId")
"""What Grafana keeps in a board beside what was sent."""
LINES = 60
"""Of a difference shown."""


def boards() -> Iterator[Json]:
    """The boards of this release."""
    folder = resources.files("infra.grafana") / "boards"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        yield json.loads(file.read_text("utf-8"))


def sync(grafana: Grafana, say: Callable[[str], None], may: Callable[[str], bool]) -> int:
    """Sends what differs; the number of boards written.

    Args:
        grafana: where to.
        say: gets what is done, a sentence at a time.
        may: asked before a board that differs is written over.

    Raises:
        Refused: the account or the address is wrong, Grafana is too old, or a data source is missing.
        Unavailable: it does not answer.
    """
    say(f"Grafana {grafana.version()}")
    missing = [uid for uid in SOURCES if uid not in grafana.sources()]
    if missing:
        raise Refused(
            f"Grafana has no data source of the uid {missing[0]}: boards would be empty. Add it, as"
            " infra/grafana/provisioning/datasources/leeway.yml does, then run this again"
        )
    grafana.folder(FOLDER, "Leeway")
    return sum(_send(grafana, board, say, may) for board in boards())


def _send(grafana: Grafana, board: Json, say: Callable[[str], None], may: Callable[[str], bool]) -> bool:
    title, there = board["title"], grafana.board(board["uid"])
    if there is None:
        grafana.save(board, FOLDER, None)
        say(f"{title}: made")
        return True
    changed = difference(there, board)
    if not changed:
        say(f"{title}: as it should be")
        return False
    say(f"{title}: in Grafana it differs from this release (- there, + here):")
    for line in changed[:LINES]:
        say(f"  {line}")
    if len(changed) > LINES:
        say(f"  ... and {len(changed) - LINES} lines more")
    if not may(f"Write over {title}? What was changed there is kept in Grafana's own history of versions."):
        say(f"{title}: left as it is")
        return False
    grafana.save(board, FOLDER, there.get("version"))
    say(f"{title}: written")
    return True


def difference(there: Json, here: Json) -> list[str]:
    """Lines of both boards that differ, as `diff` shows them; empty if they are the same."""
    old, new = _lines(there), _lines(here)
    return [line for line in difflib.unified_diff(old, new, lineterm="", n=1) if not line.startswith(("---", "+++"))]


def _lines(board: Json) -> list[str]:
    kept: dict[str, Any] = {name: value for name, value in board.items() if name not in ITS_OWN}
    return json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False).splitlines()
