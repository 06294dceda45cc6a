"""A small campaign in every `make test`, with every record counted at its end.

A zombie scorer behind a slow network, a broker killed with a transaction open, a framer and the other scorer killed,
and a model reloaded at each of these.
"""

import asyncio

import pytest

from faults import campaign, report
from faults.campaign import Campaign, Options
from faults.round import Outcome

SEED = 18291
pytestmark = pytest.mark.timeout(600)  # a minute where nothing else runs; it is bounded by progress, not by time


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    said: list[str] = []
    rounds: list[Outcome] = []
    options = Options(faults=5, seed=SEED, rate=1_500, longest=4.0, stalls=False)
    return asyncio.run(campaign.run(tmp_path_factory.mktemp("faults"), options, said.append, rounds.append))


def test_nothing_is_lost_doubled_miscounted_or_stuck(found: Campaign) -> None:
    figures = report.figures(found)

    assert figures["missed"] == []
    assert figures["total"]["samples"] > 10_000
    assert figures["total"]["panes"] > 12, "more than one pane, and both versions, in six partitions"


def test_each_fault_was_done_and_recovered_from(found: Campaign) -> None:
    faults = {row["kind"]: row for row in report.figures(found)["faults"]}

    assert sorted(faults) == [
        "broker killed in a transaction", "kill framer", "kill scorer", "slow network", "zombie scorer",
    ]  # fmt: skip
    assert all(row["times"] == 1 and row["not_recovered"] == 0 for row in faults.values())
    assert {mark.detail for mark in found.outcomes[0].marks if "transaction" in mark.kind} == {"open"}


def test_both_versions_scored(found: Campaign) -> None:
    assert found.outcomes[0].verdict.versions == {1, 2}
