"""A seed gives a campaign: the same every time, with as many faults as asked for, each on somebody who is there."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from faults.kinds import STRIKES
from faults.schedule import KINDS, PER_ROUND, Kind, Round, schedule
from streams.framer import SESSION_MS

SEEDS, SIZES = st.integers(0, 2**32), st.integers(0, 120)
BY_NAME = {kind.name: kind for kind in KINDS}
SERVERS = {"kafka", "postgres", "mlflow"}


def targets(plan: Round, kind: Kind) -> set[str]:
    workers = {"scorer": plan.scorers, "framer": plan.framers}
    if kind.role == "remote":
        return {plan.remote}
    return {f"{kind.role}-{i}" for i in range(workers[kind.role])} if kind.role in workers else {kind.role}


@given(SEEDS, SIZES)
def test_the_same_seed_gives_the_same_campaign_of_the_size_asked_for(seed: int, faults: int) -> None:
    found = schedule(seed, faults)

    assert found == schedule(seed, faults)
    assert sum(len(plan.faults) for plan in found) == faults
    assert all(0 < len(plan.faults) <= PER_ROUND for plan in found)
    assert [plan.number for plan in found] == list(range(1, len(found) + 1))


@given(SEEDS, SIZES, st.floats(1, 60))
def test_each_fault_has_its_time_and_hits_somebody_who_is_there(seed: int, faults: int, longest: float) -> None:
    for plan in schedule(seed, faults, longest=longest):
        assert 1 <= plan.scorers <= 3
        assert 1 <= plan.framers <= 2
        assert [fault.at for fault in plan.faults] == sorted(fault.at for fault in plan.faults)
        for fault in plan.faults:
            kind = BY_NAME[fault.kind]
            assert fault.target in targets(plan, kind)
            assert fault.lasts <= kind.lasts[1]
            assert kind.role not in SERVERS or fault.lasts <= longest + 0.01
            assert "zombie" not in fault.kind or fault.lasts * 1000 > SESSION_MS


@given(SEEDS, st.integers(1, 4))
def test_no_kind_is_forgotten_by_chance(seed: int, decks: int) -> None:
    size = sum(kind.often for kind in KINDS)
    dealt = Counter(fault.kind for plan in schedule(seed, decks * size) for fault in plan.faults)

    assert dealt == {kind.name: decks * kind.often for kind in KINDS}


@given(SEEDS, st.sets(st.sampled_from(sorted(BY_NAME)), max_size=len(KINDS) - 1))
def test_kinds_that_cannot_be_had_are_left_out(seed: int, without: set[str]) -> None:
    found = schedule(seed, 40, without=without)

    assert not {fault.kind for plan in found for fault in plan.faults} & without
    assert sum(len(plan.faults) for plan in found) == 40


def test_every_kind_can_be_done() -> None:
    assert STRIKES.keys() == BY_NAME.keys()
