"""Result files: one a target, with its figures and the goals that it missed, and the line that says so."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

FOLDER = Path(__file__).parent / "results"


def keep(target: str, figures: Mapping[str, Any]) -> None:
    """Writes benchmarks/results/TARGET.json and prints the line `RESULT {...}`, the last of a run."""
    write(target, figures)
    sys.stdout.write(f"RESULT {msgspec.json.encode(figures).decode()}\n")


def write(target: str, figures: Mapping[str, Any]) -> None:
    """Writes benchmarks/results/TARGET.json."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{target}.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")


def read(target: str) -> dict[str, Any]:
    """The figures of the last run that was kept."""
    return msgspec.json.decode((FOLDER / f"{target}.json").read_bytes(), type=dict[str, Any])
