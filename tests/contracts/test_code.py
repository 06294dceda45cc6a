"""What holds for all code: small rooms, no machine's paths, and prose that agrees with the tables in code."""

import importlib.metadata
import re
import subprocess
from pathlib import Path

import pytest

from benchmarks import performance, readme, result
from fuzz import table
from schemas.topics import TABLE, Topics

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "infra", "producers", "streams", "consumers")
MODULES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_are_small(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_rooms_are_named_for_what_they_hold(path: Path) -> None:
    assert not {path.stem, path.parent.name} & {"utils", "util", "common", "helpers", "helper", "manager", "misc"}


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in names.splitlines()]


def test_no_paths_of_a_machine() -> None:
    pattern = re.compile(r"/(work|farm|root|home)/[a-z]")
    text = [path for path in tracked() if path.suffix in {".py", ".md", ".toml", ".txt", ".in", ".sql", ".json", ""}]

    assert [path for path in text if path != Path(__file__) and pattern.search(path.read_text(errors="replace"))] == []


def test_the_table_of_topics_is_whole() -> None:
    named = {name for name in vars(Topics("s")).values() if name != "s"}

    assert named == {f"s.{topic.name}" for topic in TABLE}


def test_the_readme_says_what_result_files_and_code_say() -> None:
    text = (ROOT / "README.md").read_text()

    assert readme.filled(text) == text


def test_every_test_that_the_guarantees_name_exists() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / "guarantees.md").read_text())

    assert len(named) > 30
    assert [f"{path}::{name}" for path, name in named if f"def {name}(" not in (ROOT / path).read_text()] == []


def test_the_page_of_the_fuzz_run_says_what_its_result_file_says() -> None:
    assert table.PAGE.read_text() == table.page(result.read("fuzz"))


def test_the_performance_page_says_what_the_result_file_says() -> None:
    assert performance.text(result.read("bench")) == performance.PAGE.read_text()


def test_the_first_command_comes_early() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()

    assert lines.index("```sh") < 25


def test_no_other_distribution_takes_our_names() -> None:
    owners = importlib.metadata.packages_distributions()

    assert {name: set(owners.get(name, [])) - {"leeway"} for name in PACKAGES} == {name: set() for name in PACKAGES}
