"""The producers' commands: what a person sees, and the exit codes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from producers.__main__ import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=folder,
        env={"PATH": "", "LEEWAY_KAFKA": "127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_generate_init_and_then_a_refused_init(tmp_path: Path) -> None:
    assert run(tmp_path, "generate", "toy.csv", "--samples", "50").stdout.startswith("Wrote toy.csv: 50 samples")
    first, second = run(tmp_path, "init", "toy.csv"), run(tmp_path, "init", "toy.csv")
    assert first.stdout.startswith("Wrote toy.toml: 4 features, 0 columns left out.")
    assert (second.returncode, second.stdout) == (2, "")
    assert second.stderr == "toy.toml exists and was not changed: give --force to replace it, or another --output\n"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with toy.csv and its toy.toml."""
    folder = tmp_path_factory.mktemp("toy")
    run(folder, "generate", "toy.csv", "--samples", "50")
    run(folder, "init", "toy.csv")
    return folder


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--speed", "0"], "--speed must be above 0"),
        (["--from", "soon"], "--from 'soon' is not a time"),
        (["--until", "2000-01-01"], "no event in the time asked for; nothing was sent"),
        (["--label", "x0"], "toy.csv"),
    ],
)
def test_a_replay_that_cannot_be_is_refused_in_one_line(toy: Path, options: list[str], said: str) -> None:
    done = run(toy, "replay", "toy.toml", "toy.csv", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    heavy = {"numpy", "pyarrow", "pandas", "confluent_kafka"}
    code = f"import sys, producers.__main__; print(sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout == "[]\n"
