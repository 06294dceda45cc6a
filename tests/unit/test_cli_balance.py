"""The balance adds up, and what does not shows as open."""

from infra.balance import Account, balance, recount
from schemas.position import Position


def test_everything_accounted_for_leaves_nothing_open() -> None:
    found = balance({0: (0, 10)}, {0: Position(next=10, scored=7, rejected=2, duplicates=1, late=3)})

    assert found.total.lag == 0
    assert found.total.late == 3


def test_a_lost_record_stays_open_and_a_doubled_one_shows_as_negative() -> None:
    lanes = balance({0: (0, 10), 1: (0, 5)}, {0: Position(scored=9), 1: Position(scored=6)})

    assert [account.lag for account in lanes.accounts] == [1, -1]


def test_a_lane_that_has_not_begun_has_everything_to_do() -> None:
    assert balance({3: (0, 4)}, {}).accounts == (Account(partition=3, received=4),)


def test_deleted_records_were_received_and_are_accounted_as_unavailable() -> None:
    found = balance({0: (6, 10)}, {0: Position(scored=4, unavailable=6)})

    assert found.total.received == 10
    assert found.total.lag == 0


def test_offsets_that_hold_no_record_were_not_received() -> None:
    found = balance({0: (0, 10)}, {0: Position(next=9, received=6, empty=3, scored=6)})

    assert (found.total.received, found.total.lag) == (7, 1)


def test_recounting_takes_scored_and_rejected_from_elsewhere_and_keeps_the_rest() -> None:
    lanes = balance({0: (0, 10), 1: (0, 2)}, {0: Position(scored=9, duplicates=1), 1: Position(scored=2)})

    found = recount(lanes, scored={0: 8, 1: 2}, rejected={0: 1})

    assert [(one.scored, one.rejected, one.duplicates, one.lag) for one in found.accounts] == [
        (8, 1, 1, 0),
        (2, 0, 0, 0),
    ]


def test_the_total_is_the_sum_of_every_column() -> None:
    found = balance({0: (0, 3), 1: (0, 4)}, {0: Position(scored=1, late=1), 1: Position(scored=2, rejected=1)})

    assert found.total == Account(partition=-1, received=7, scored=3, rejected=1, late=1)
