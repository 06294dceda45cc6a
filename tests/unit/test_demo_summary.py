"""The end of the demo: its figures, its keys, its picture, its plan."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from infra.balance import Account
from infra.cli.demo import plan, report, summary
from infra.cli.demo.moment import DAY_MS, Day, Losses, Moment, milliseconds
from infra.cli.demo.plan import Options
from infra.cli.demo.play import STALL_S, Stall
from infra.cli.demo.summary import Summary, Year
from schemas.errors import LeewayError, Refused

YEAR = datetime(2013, 1, 29, tzinfo=UTC)
START = milliseconds(YEAR)
KEYS = {
    "received", "scored", "rejected", "duplicates", "late", "balance", "drift_events", "retrains", "promotions",
    "log_loss_live", "log_loss_never_retrained", "seconds", "resident_mb", "versions",
}  # fmt: skip


def year(days: int) -> Year:
    losses = Losses(tuple(Day(START + day * DAY_MS, 100, 50.0 - day / 20, 55.0) for day in range(days)))
    return Year(losses, (YEAR + timedelta(days=30),), ((START + 31 * DAY_MS, 2),))


def figures(account: Account, days: int = 300) -> Summary:
    return summary.summarize(account, year(days), 9, 6, 171.26, 2345.6, {"kafka": "4.1.1"})


def options(home: Path, days: int = 365) -> Options:
    return Options(home=home, declaration=Path("flights.toml"), days=days, speed=300_000, plain=True, keep=False)


def test_the_file_has_exactly_its_keys(tmp_path: Path) -> None:
    summary.write(figures(Account(partition=-1, received=10, scored=7, rejected=2, duplicates=1)), tmp_path / "s.json")

    written = msgspec.json.decode((tmp_path / "s.json").read_bytes())

    assert set(written) == KEYS
    assert written["balance"] == 0
    assert written["promotions"] == 1
    assert written["retrains"] == 6


def test_the_losses_are_means_over_all_labelled_samples() -> None:
    found = figures(Account(partition=-1, received=0), days=3)

    assert found.log_loss_live == pytest.approx((50 + 49.95 + 49.9) / 300, abs=1e-5)
    assert found.log_loss_never_retrained == pytest.approx(0.55)


def test_what_is_not_accounted_for_is_said_loudly() -> None:
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary.table(figures(Account(partition=-1, received=10, scored=9))))

    assert "NOT ACCOUNTED FOR" in capture.get()
    assert "clock was held" in capture.get()


@pytest.mark.parametrize("days", [0, 3, 40, 337])
def test_the_picture_is_drawn_whatever_the_year_was_like(tmp_path: Path, days: int) -> None:
    report.draw(figures(Account(partition=-1, received=10, scored=10), days), year(days), tmp_path / "r.png")

    header = (tmp_path / "r.png").read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert (int.from_bytes(header[16:20], "big"), int.from_bytes(header[20:24], "big")) == (1200, 700)


def test_the_lines_are_means_over_seven_days() -> None:
    times, lives, nevers = report.rolling(year(8).losses)

    assert len(times) == 2
    assert lives[0] == pytest.approx(sum(0.5 - day / 2000 for day in range(7)) / 7)
    assert nevers == pytest.approx([0.55, 0.55])


def test_history_is_exported_and_trained_on_before_the_workers_start(tmp_path: Path) -> None:
    setup = plan.setup(options(tmp_path), "flights")

    assert [one.name for one in setup] == ["flights.provisioning", "flights.history", "flights.first-champion"]
    assert setup[1].argv[-2:] == ("--until", "2013-01-29")
    assert setup[2].argv[-1] == setup[1].argv[-3] == str(plan.history_file(options(tmp_path)))


def test_the_replay_holds_its_clock_and_sends_the_whole_year(tmp_path: Path) -> None:
    whole, part = plan.replay(options(tmp_path)), plan.replay(options(tmp_path, days=60))

    assert whole[:4] == (sys.executable, "-m", "producers", "replay")
    assert "--hold-while-retraining" in whole
    assert "--until" not in whole
    assert part[-2:] == ("--until", "2013-03-02")


def test_the_declaration_is_found_in_the_source_tree_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert plan.find(None).name == "flights.toml"
    with pytest.raises(Refused, match=r"other\.toml"):
        plan.find(Path("other.toml"))


def moment(scored: int) -> Moment:
    account = Account(partition=-1, received=100, scored=scored)
    return Moment(1.0, "", START, START + DAY_MS, START, 1.0, 0.0, account, 0.15)


def test_a_demo_that_no_longer_moves_is_ended() -> None:
    stall = Stall(since=0.0)
    stall.see(moment(5), 1.0)
    stall.see(moment(6), 100.0)
    stall.see(moment(6), 100.0 + STALL_S)

    with pytest.raises(LeewayError, match="Nothing has been sent, scored or decided"):
        stall.see(moment(6), 101.0 + STALL_S)
