"""A producer that breaks, on real servers: no retrain, an incident that opens and closes, rows that are left out."""

import subprocess
import sys
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from pyarrow import csv, parquet

from consumers.retrainer import rebuilt
from infra.embedded import Endpoints
from infra.postgres import connect
from infra.upkeep import command
from infra.upkeep.stores import STORES
from schemas.errors import Refused
from support.labelled import DAY, Rows, declared, rows
from support.retraining import World, fill, world

BROKEN = (22, 26)


def broken() -> Rows:
    """No color in these days; the truth turns round on day 14."""
    found = rows(40, 14)
    inside = (found.times >= BROKEN[0] * DAY) & (found.times < BROKEN[1] * DAY)
    return replace(found, color=[None if out else color for out, color in zip(inside, found.color, strict=True)])


def dataset(found: World, *words: str) -> subprocess.CompletedProcess[str]:
    given = [sys.executable, "-m", "consumers", "dataset", *words, "--declaration", str(found.path)]
    return subprocess.run(given, env=found.environment(), capture_output=True, text=True, check=False, timeout=60)


def test_what_is_broken_is_not_trained_on_and_what_was_trained_on_can_be_made_again(
    servers: Endpoints, tmp_path: Path
) -> None:
    made = broken()
    found = world(servers, declared(tmp_path, f"q{uuid.uuid4().hex[:10]}"), tmp_path / "home", made, 14, 26)
    name = f"{found.declaration.name}:1"
    with found.scorers():
        with found.retrainer():
            found.drift(1, 26 * DAY)
            found.until(lambda: len(found.events()) == 2)
            found.until(lambda: found.steps(f"{name}-1") == ["requested", "skipped"])
        opened = found.events()[-1]
        assert (opened.kind, opened.subject, opened.version) == ("opened", "data", 1)
        assert "color is missing in 100 % of the samples from 1970-01-23 00:00 on" in opened.sentence
        skip = found.decisions()[-1]
        assert skip.reason.startswith("data quality: color missing: color is missing in 100 % of the samples")
        fill(found, made, start=26 * DAY)
        with found.retrainer():
            found.tick(27 * DAY)
            found.until(lambda: len(found.steps(f"{name}-1")) == 3)
            found.tick(36 * DAY)
            found.until(lambda: "promoted" in found.steps(f"{name}-1"))
    assert [(event.kind, event.incident) for event in found.events()[2:]] == [("closed", opened.incident)]
    assert found.decisions()[-1].event_time >= 36 * DAY
    mended = next(one for one in found.decisions() if ", right again: " in one.reason)
    assert mended.event_time == 27 * DAY
    trained = next(one for one in found.decisions() if one.step == "trained" and one.retrain == f"{name}-1")
    assert trained.figures["left_out"] == f"samples {21 * DAY} {27 * DAY}"
    _made_again(found, made, f"{name}-1", tmp_path)


def _made_again(found: World, made: Rows, retrain: str, folder: Path) -> None:
    """The rows are those of the file, in their order; without one of them they are refused."""
    written = dataset(found, retrain, str(folder / "rows.parquet"))
    assert written.returncode == 0, written.stderr
    assert "as in its decision" in written.stdout
    again = parquet.read_table(folder / "rows.parquet")
    kept = (made.times < 36 * DAY) & ((made.times < 21 * DAY) | (made.times >= 27 * DAY))
    kept &= made.times + DAY // 24 <= 36 * DAY
    np.testing.assert_array_equal(again["ts"].to_numpy(), made.times[kept])
    assert again["id"].to_pylist() == [f"s{row}" for row in np.flatnonzero(kept)]
    np.testing.assert_array_equal(again["label"].to_numpy(), made.labels[kept])
    assert again["color"].to_pylist() == [made.color[row] for row in np.flatnonzero(kept)]
    rebuilt.write(rebuilt.rebuild(found.settings, found.declaration, retrain), found.declaration, folder / "rows.csv")
    assert csv.read_csv(folder / "rows.csv").num_rows == again.num_rows
    with connect(found.settings.postgres) as connection:
        connection.execute("DELETE FROM labels WHERE stream = %s AND id = 's7'", (found.declaration.name,))
    with pytest.raises(Refused, match=f"1 of its {again.num_rows:,} rows are gone from PostgreSQL"):
        rebuilt.rebuild(found.settings, found.declaration, retrain)
    command.purge(
        found.settings, found.declaration.name, [STORES["labels"]], datetime(1970, 1, 3, tzinfo=UTC), dry_run=False
    )
    with pytest.raises(Refused, match="`leeway purge` has thrown away rows of labels before 1970-01-03 00:00"):
        rebuilt.rebuild(found.settings, found.declaration, retrain)
    with pytest.raises(Refused, match=f"these did: {retrain}"):
        rebuilt.rebuild(found.settings, found.declaration, "nobody-1")
