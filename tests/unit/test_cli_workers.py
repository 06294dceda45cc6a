"""The plan of workers is what the declaration and the options say."""

import sys
from pathlib import Path

import pytest

from infra.cli.declared import the_only_one
from infra.cli.workers import Size, deployment, workers
from schemas.errors import Refused

DECLARATION = '[stream]\nname = "gauges"\n[features.level]\nkind = "number"\n'


def test_every_stage_has_its_worker_and_copies_have_names_of_their_own() -> None:
    found = workers(Path("/x/flights.toml"), "flights", Size(framers=1, scorers=2))

    assert [one.name for one in found] == [
        "flights.framer-0",
        "flights.scorer-0",
        "flights.scorer-1",
        "flights.warehouse",
        "flights.evaluator",
        "flights.retrainer",
        "flights.exporter",
    ]
    assert found[2].argv == (
        sys.executable, "-m", "streams", "score", "/x/flights.toml", "--instance", "scorer-1", "--metrics", "0",
    )  # fmt: skip


def test_every_worker_takes_a_free_port_to_be_watched_at() -> None:
    for one in workers(Path("flights.toml"), "flights", Size(framers=2, scorers=2)):
        assert one.argv[-2:] == ("--metrics", "0")


def test_only_the_retrainer_may_use_more_than_one_thread() -> None:
    found = workers(Path("flights.toml"), "flights", Size())

    assert [one.name for one in found if "OMP_NUM_THREADS" not in one.env] == ["flights.retrainer"]
    assert {one.env.get("OMP_NUM_THREADS", "1") for one in found} == {"1"}


def test_paths_are_absolute_because_the_supervisor_works_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gauges.toml").write_text(DECLARATION)
    monkeypatch.chdir(tmp_path)

    setup, found = deployment([Path("gauges.toml")], Size())

    assert all(str(tmp_path.resolve() / "gauges.toml") in one.argv for one in (*setup, *found))


def test_without_a_name_the_only_declaration_is_meant(tmp_path: Path) -> None:
    (tmp_path / "gauges.toml").write_text(DECLARATION)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (tmp_path / "broken.toml").write_text("[[[")

    assert the_only_one(tmp_path).name == "gauges.toml"


@pytest.mark.parametrize(("names", "said"), [([], "leeway init"), (["a.toml", "b.toml"], "a.toml, b.toml")])
def test_none_or_two_declarations_ask_which(tmp_path: Path, names: list[str], said: str) -> None:
    for name in names:
        (tmp_path / name).write_text(DECLARATION)

    with pytest.raises(Refused, match=said):
        the_only_one(tmp_path)


def test_no_declaration_at_all_starts_servers_only() -> None:
    assert deployment([], Size()) == ((), ())
