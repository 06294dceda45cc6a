"""Peers, left as they are out of the box, on streams that the product was measured on."""

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from rich.progress import track

from benchmarks.calibrate import power
from benchmarks.calibrate.worlds import CHANGES, Values, World

PROGRAMS = {
    "Evidently": ("evidently", "evidently_default.py"),
    "NannyML": ("nannyml", "nannyml_default.py"),
    "River KSWIN": ("river", "river_kswin.py"),
    "River ADWIN": ("river", "river_adwin.py"),
}
FOLDER = Path(__file__).parent / "peers"
ENVS = Path(".leeway/bench/envs")
PANE = 200
STREAMS = 4
"""Of each change: River's KSWIN takes 150 us a value."""


def measure(reference: int) -> Iterator[dict[str, Any]]:
    """A row a peer and change; a peer without an environment here has none."""
    there = {name: how for name, how in PROGRAMS.items() if (ENVS / how[0] / "ready").exists()}
    for name, change in track([(name, change) for name in there for change in CHANGES], "peers"):
        yield _peer(name, there[name], change, reference)


def _peer(name: str, how: tuple[str, str], change: str, reference: int) -> dict[str, Any]:
    """As of the product: the first alarm after the change, and alarms before it."""
    early, delays, version = 0, [], ""
    for seed in range(STREAMS):
        world, samples = power.stream(change, PANE, reference, seed)
        alarms, version = _alarms(how, world, samples)
        early += int(alarms[: power.BEFORE].sum())
        late = np.flatnonzero(alarms[power.BEFORE :])
        delays += [float((late[0] + 1) * PANE)] if len(late) else []
    return {
        "settings": name, "version": version, "change": change, "pane": PANE, "streams": STREAMS, "early": early,
        "detected": len(delays) / STREAMS, "delay": float(np.median(delays)) if delays else None,
    }  # fmt: skip


def _alarms(how: tuple[str, str], world: World, samples: Values) -> tuple[np.ndarray, str]:
    kind = "category" if world.discrete else "number"
    column = samples[:, 0]
    with tempfile.TemporaryDirectory() as name:
        given, said = Path(name) / "in.npz", Path(name) / "out.json"
        windows = column[world.reference :].reshape(-1, world.pane)
        np.savez(given, reference=column[: world.reference], windows=windows, kind=np.array(kind))
        command = [ENVS / how[0] / "bin" / "python", FOLDER / how[1], given, said]
        subprocess.run(command, check=True, capture_output=True, timeout=900)
        found = msgspec.json.decode(said.read_bytes())
    return np.array(found["alarms"], bool), str(found["version"])
