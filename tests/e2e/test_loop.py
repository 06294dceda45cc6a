"""After an abrupt shift a newer model answers: the whole product, through the commands of the README."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
import requests

from infra import embedded
from infra.metrics import catalogue
from infra.settings import settings
from producers.generate import Traffic, traffic, write
from support.boards import asked, fault
from support.processes import until
from support.scraping import addresses, untold

Leeway = Callable[..., subprocess.CompletedProcess[str]]
MINUTE_MS = 60_000
HISTORY, LATER = 6_000, 10_000
BLOCKS = 19
"""Whole twentieths of a reference of two days, held against the rest of it one after another."""
START_MS = 1_735_689_600_000


@pytest.fixture
def leeway(tmp_path: Path) -> Iterator[Leeway]:
    """Runs `leeway WORDS...` in a folder of its own, where everything is taken down in the end."""

    def run(*words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra.cli", *words]
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, input=given, timeout=240, check=False
        )
        assert done.returncode == 0, f"leeway {' '.join(words)}: {done.stdout}\n{done.stderr}"
        return done

    try:
        yield run
    finally:
        embedded.down(tmp_path / ".leeway")


def rows(home: Path, query: LiteralString) -> list[tuple[object, ...]]:
    with psycopg.connect(settings(home, {}).postgres) as connection:
        return connection.execute(query).fetchall()


@pytest.mark.timeout(600)
def test_after_an_abrupt_shift_a_newer_model_answers(leeway: Leeway, tmp_path: Path) -> None:
    home = tmp_path / ".leeway"
    write(traffic(Traffic(n=HISTORY, step_ms=MINUTE_MS, start_ms=START_MS)), tmp_path / "history.csv")
    later = Traffic(n=LATER, seed=1, step_ms=MINUTE_MS, start_ms=START_MS + HISTORY * MINUTE_MS, shift_at=0.4)
    write(traffic(later), tmp_path / "later.csv")

    leeway("init", "history.csv", "--name", "shop")
    leeway("up", "shop.toml", "--kafka-port", "0", "--mlflow-port", "0")
    leeway("train", "shop.toml", "history.csv")
    leeway("replay", "shop.toml", "later.csv", "--hold-while-retraining")
    until(
        lambda: rows(home, "SELECT 1 FROM decisions WHERE step = 'promoted' AND event NOT LIKE 'history%'") != [],
        400,
        "a retrained version is promoted",
    )
    sample = json.dumps({"id": "asked", "features": {"x0": 2.0, "x1": 2.0, "x2": 2.0, "city": "lima"}})
    leeway("kafka", "console-producer", "--topic", "shop.samples", given=sample + "\n")
    until(lambda: rows(home, "SELECT 1 FROM predictions WHERE id = 'asked'") != [], 60, "the sample is answered")

    ((answered,),) = rows(home, "SELECT version FROM predictions WHERE id = 'asked'")
    versions = {row[0] for row in rows(home, "SELECT version FROM models")}
    assert answered in versions - {1}, "age or drift may ask for another retrain meanwhile"
    (live,) = rows(home, LOSSES)
    assert live[0] is not None
    balance = rows(home, 'SELECT count(*), count(DISTINCT (partition, "offset")) FROM predictions')
    assert balance == [(LATER + 1, LATER + 1)]
    assert rows(home, TRAINED_TWICE) == []
    again = leeway("what-if", "shop.toml", "--sweep", "tolerance=0.05:0.5:4", "--picture", "what-if.png").stdout
    assert "The same as the live record, byte for byte" in again
    assert again.count("tolerance 0.") == 4
    assert "A/A: " in again
    counted = leeway("what-if", "shop.toml", "--recount").stdout
    assert f"Counted again from samples: {LATER + 1:,} in " in counted
    assert " as the live record" in counted
    apart = leeway("what-if", "shop.toml", 'segments=["city"]').stdout
    assert "Counted again from samples" in apart
    assert "Missing: what version 1 " in apart, "its reference is older than the stream"
    shown = leeway("drift", "shop.toml", "--window", "1").stdout
    assert all(feature in shown for feature in ("x0", "x1", "x2", "city", "the score"))
    ((sentence, moved),) = rows(home, FIRST)
    assert moved in sentence, "what ranks first is named"  # type: ignore[operator] # text, by the query
    assert "of the model's skill)" in sentence  # type: ignore[operator] # as above
    why = " ".join(leeway("why", "--stream", "shop", "--all").stdout.split())
    assert any(" ".join(str(told).split()[:8]) in why for (told,) in rows(home, SENTENCES))
    written = leeway("drift", "shop.toml", "--report", "report.html").stdout
    page = (tmp_path / "report.html").read_text()
    assert "Report: report.html (7 columns, " in written  # the features, the score, the label and the loss
    assert all(f"<h2>{feature}<span" in page for feature in ("x0", "x1", "x2", "city", "the score"))
    assert "A/A: " in shown
    (measured,) = rows(home, "SELECT max(control_panes), max(panes), max(control_alarms) FROM budget WHERE version = 1")
    assert int(str(measured[0])) == min(int(str(measured[1])), BLOCKS)
    assert measured[2] == 0
    assert (tmp_path / "what-if.png").read_bytes().startswith(b"\x89PNG")
    assert untold(home, catalogue.ALL, 60) == set(), "every metric of the catalogue is told, and none beside it"
    assert all(requests.get(f"{one}/health/ready", timeout=30).ok for one in addresses(home).values())
    assert unanswered(home) == []


def unanswered(home: Path) -> list[str]:
    """Panels whose SQL does not give rows of the type that they draw."""
    chosen = {"stream": "shop", "model": "1", "feature": "x0", "segment": "city", "panes": "90"}
    faults = []
    with psycopg.connect(settings(home, {}).postgres, autocommit=True) as connection:
        for one in [one for one in asked() if one.of_postgres]:
            given = connection.execute(one.filled(chosen).encode())
            why = fault(one.kind, [column.name for column in given.description or ()], given.fetchall())
            faults += [f"{one}: {why}"] if why else []
    return faults


FIRST = """
    SELECT sentence, shift ->> 'feature' FROM drift_events, jsonb_array_elements(shifts) AS shift
    WHERE kind <> 'closed' AND subject = 'inputs' AND shift ->> 'feature' <> '(score)'
    ORDER BY event_time, (shift ->> 'effect')::float * (shift ->> 'importance')::float DESC LIMIT 1"""
SENTENCES = "SELECT sentence FROM drift_events WHERE kind <> 'closed'"
LOSSES = "SELECT avg(log_loss) FROM performance WHERE role = 'champion'"
TRAINED_TWICE = "SELECT retrain FROM models GROUP BY retrain HAVING count(DISTINCT version) > 1"
