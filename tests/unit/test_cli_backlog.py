"""What `leeway status` says of a backlog."""

import pytest
from rich.console import Console

from infra.backlog import Backlog, between
from infra.balance import Account, Balance
from infra.cli import screen


def look(received: int, scored: int) -> Balance:
    return Balance(
        accounts=(
            Account(partition=0, received=received, scored=scored - 5),
            Account(partition=1, received=5, scored=5),
        )
    )


def said(found: Backlog | None) -> str:
    console = Console(width=130)
    with console.capture() as capture:
        console.print(screen._backlog(found))  # noqa: SLF001 - the line under test
    return " ".join(capture.get().split())


def test_two_looks_give_the_rate_and_what_is_left() -> None:
    found = between(look(1_000_000, 200_000), look(1_010_000, 410_000), 2.0)

    assert (found.waiting, found.done, found.arriving) == (600_005, 105_000, 5_000)
    assert found.left_s == pytest.approx(6.00005)
    assert said(found) == "backlog 600,005 samples wait; 105,000/s scored, 5,000/s come; done in 6 s"


def test_a_backlog_that_grows_or_stands_has_no_end() -> None:
    assert "it grows" in said(between(look(1_000, 0), look(3_000, 500), 1.0))
    assert "nothing is scored" in said(between(look(1_000, 0), look(1_000, 0), 1.0))
    assert said(None) == ""
