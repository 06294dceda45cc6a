"""Finds the declaration that a command means when none is named."""

import tomllib
from pathlib import Path

from schemas.errors import Refused


def the_only_one(folder: Path) -> Path:
    """The only declaration in a folder: the only *.toml file with a [stream] table.

    Raises:
        Refused: there is none, or more than one.
    """
    found = [path for path in sorted(folder.glob("*.toml")) if _declares(path)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Refused(
            f"No declaration (*.toml with a [stream] table) in {folder}: name one, or let `leeway init` write one"
        )
    names = ", ".join(path.name for path in found)
    raise Refused(
        f"{len(found)} stream declarations in {folder}: {names}. Say which, for example `leeway up {found[0].name}`"
    )


def _declares(path: Path) -> bool:
    try:
        return "stream" in tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return False
