"""What a person meets at the command line: help at once, errors as one sentence with their exit code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from infra.cli.__main__ import app

HEAVY = {"confluent_kafka", "psycopg", "numpy", "pandas", "matplotlib", "mlflow", "sklearn", "psutil"}


@pytest.fixture(autouse=True)
def _nothing_is_running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KAFKA", "POSTGRES", "MLFLOW"):
        monkeypatch.delenv(f"LEEWAY_{name}", raising=False)
    monkeypatch.setenv("LEEWAY_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", ["status", "rejected", "decisions", "models", "why"])
def test_looking_at_nothing_says_how_to_start_it(command: str) -> None:
    result = CliRunner().invoke(app, [command])

    assert result.exit_code == 2
    assert result.stderr.startswith("leeway: No address of kafka")
    assert "leeway up" in result.stderr
    assert "Traceback" not in result.output


def test_up_without_a_declaration_says_what_is_missing() -> None:
    result = CliRunner().invoke(app, ["up"])

    assert result.exit_code == 2
    assert "leeway init" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_up_refuses_a_wrong_declaration_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "typo.toml").write_text('[stream]\nname = "x"\nlatenes = "1h"\n[features.a]\nkind = "number"\n')

    result = CliRunner().invoke(app, ["up", "typo.toml"])

    assert result.exit_code == 2
    assert "typo.toml" in result.stderr
    assert "latenes" in result.stderr
    assert not (tmp_path / "home").exists()


def test_kafka_without_a_tool_lists_them() -> None:
    result = CliRunner().invoke(app, ["kafka"])

    assert result.exit_code == 2
    assert "console-producer" in result.stderr


def test_the_demo_needs_its_declaration() -> None:
    result = CliRunner().invoke(app, ["demo", "--declaration", "nowhere.toml"])

    assert result.exit_code == 2
    assert "nowhere.toml" in result.stderr


@pytest.mark.parametrize(
    ("typed", "became"),
    [
        (["replay", "f.toml", "a.csv", "--speed", "7"], ["producers", "replay", "f.toml", "a.csv", "--speed", "7"]),
        (["init", "a.csv", "--help"], ["producers", "init", "a.csv", "--help"]),
        (["train", "f.toml", "a.csv", "--until", "2013"], ["consumers", "train", "f.toml", "a.csv", "--until", "2013"]),
    ],
)  # fmt: skip
def test_other_packages_get_their_arguments_untouched(
    typed: list[str], became: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(os, "execve", lambda _path, argv, _environment: seen.append(argv))

    result = CliRunner().invoke(app, typed)

    assert result.exit_code == 0
    assert seen == [[sys.executable, "-m", *became]]


def test_home_reaches_them_by_their_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr(os, "execve", lambda _path, _argv, given: seen.append(given["LEEWAY_HOME"]))

    CliRunner().invoke(app, ["replay", "f.toml", "a.csv", "--home", str(tmp_path / "other")])

    assert seen == [str(tmp_path / "other")]


def test_help_loads_no_client_of_any_server() -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from infra.cli.__main__ import app; "
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0; print(*sorted(sys.modules))"
    )

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()

    assert not HEAVY & set(loaded)


def test_version_names_leeway_and_what_it_stands_on() -> None:
    result = CliRunner().invoke(app, ["version"])

    assert result.exit_code == 0
    assert {line.split()[0] for line in result.stdout.splitlines()} >= {"leeway", "mlflow", "faust", "python"}


def test_what_only_a_report_can_show_is_asked_for_with_a_report() -> None:
    command = [sys.executable, "-m", "streams.hindsight.drift", "shop.toml", "--from", "2013-03-31"]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "--report FILE.html" in done.stderr
