"""The pictures of the drift that a version answers; they never keep it back."""

from pathlib import Path

import msgspec
import pytest

from consumers.training import job, shifted, version
from consumers.training.job import Result
from infra.serving import ServingModel
from support.labelled import DAY, dataset, declaration, rows
from support.made import DAYS, TURN, before_turn
from support.moved import cause

PLAIN = [f"pictures/{name}.png" for name in ("loss_per_day", "reliability", "gate", "importance")]


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> ServingModel:
    return before_turn(tmp_path_factory.mktemp("champion"))


def made(folder: Path, champion: ServingModel) -> Result:
    """A version that answers drift on the last day, of which one column is not of this world."""
    data = dataset(rows(DAYS, TURN), DAYS * DAY)
    return version.make(folder, declaration(), data, champion, lambda _: None, cause(DAYS, "../outside"))


def test_what_moved_is_drawn_beside_what_it_is_now(tmp_path: Path, champion: ServingModel) -> None:
    result = made(tmp_path, champion)

    names = ["drift/overview.png", "drift/x.png", "drift/color.png", "drift/model-score.png"]
    assert (result.pictures, result.undrawn) == ([*PLAIN, *names, "report.html"], [])
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in PLAIN + names)
    assert sorted(path.name for path in (tmp_path / "drift").iterdir()) == sorted(Path(name).name for name in names)


def test_a_picture_that_fails_keeps_no_version_back(
    tmp_path: Path, champion: ServingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> list[str]:
        raise ZeroDivisionError("nothing to draw with")

    monkeypatch.setattr(shifted, "draw", fail)
    result = made(tmp_path, champion)

    assert (result.error, len(result.model_sha256)) == (None, 64)
    assert result.pictures == [*PLAIN, "report.html"]
    assert "nothing to draw with" in (tmp_path / "report.html").read_text()
    assert result.undrawn == ["drift: ZeroDivisionError: nothing to draw with"]


def test_values_of_a_category_are_drawn_as_they_are_spelt(tmp_path: Path, champion: ServingModel) -> None:
    strange = ["$x^{$", "\\frac", "a" * 300, ""]
    cells = {one.feature: one for one in champion.contract.reference}
    cells["color"] = msgspec.structs.replace(cells["color"], values=strange, counts=[5, 4, 3, 2, 1, 0])

    found = shifted.draw(tmp_path, cause(DAYS), 0.1, shifted.Sides(1, cells, cells))

    assert "drift/color.png" in found


def test_a_job_carries_the_cause(tmp_path: Path) -> None:
    given = job.Job(as_of=0, digest="", values={}, cause=cause(3))

    job.write(tmp_path, given, dataset(rows(1, 1), DAY), b"")

    assert job.read(tmp_path) == given
