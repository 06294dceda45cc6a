"""What the processes of a deployment tell Prometheus now, read as Prometheus would."""

import re
import time
from collections.abc import Collection
from pathlib import Path

import msgspec
import requests
from prometheus_client.parser import text_string_to_metric_families


def addresses(home: Path) -> dict[str, str]:
    """Where each process is served, by its name."""
    found = {}
    for path in sorted((home / "metrics").glob("*.json")):
        [target] = msgspec.json.decode(path.read_bytes())
        found[target["labels"]["process"]] = f"http://{target['targets'][0]}"
    return found


def told(home: Path) -> set[str]:
    """Names of all metrics that are told; a histogram counts as one."""
    names: set[str] = set()
    for address in addresses(home).values():
        families = text_string_to_metric_families(requests.get(f"{address}/metrics", timeout=30).text)
        names |= {sample.name for family in families for sample in family.samples}
    return {re.sub(r"(_seconds)_(bucket|sum|count)$", r"\1", name) for name in names}


def untold(home: Path, wanted: Collection[str], seconds: float) -> set[str]:
    """Which of these are not told, and what is told beside them, once nothing is or the time is over."""
    deadline = time.monotonic() + seconds
    while (difference := told(home) ^ set(wanted)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return difference
