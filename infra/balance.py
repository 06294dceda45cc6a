"""The balance of a stream: every record of `samples` is scored, rejected or a duplicate; what is none of it is open."""

from collections.abc import Mapping, Sequence

import msgspec
import psycopg
from msgspec import Struct

from infra import offsets
from schemas import position
from schemas.position import Position
from schemas.topics import Topics


class Account(Struct, frozen=True, kw_only=True):
    """One partition of `samples`: `received` are all offsets ever given out in it, but those known to hold no record.

    `late` samples are among the scored. `unavailable` ones were deleted from the topic before a scorer read them.
    """

    partition: int
    received: int
    scored: int = 0
    rejected: int = 0
    duplicates: int = 0
    late: int = 0
    unavailable: int = 0

    @property
    def lag(self) -> int:
        """Records not accounted for: still on their way while the stream flows, lost if it stays when all is quiet."""
        return self.received - self.scored - self.rejected - self.duplicates - self.unavailable


class Balance(Struct, frozen=True, kw_only=True):
    """The accounts of all partitions, and their sums."""

    accounts: tuple[Account, ...]

    @property
    def total(self) -> Account:
        """All partitions as one account; its `partition` is -1."""
        names = [name for name in Account.__struct_fields__ if name != "partition"]
        return Account(partition=-1, **{name: sum(getattr(one, name) for one in self.accounts) for name in names})


def balance(samples: Mapping[int, tuple[int, int]], lanes: Mapping[int, Position]) -> Balance:
    """The balance by the lanes' own committed counts: light enough for a live view, and ahead of PostgreSQL.

    Args:
        samples: beginning and end offset of each partition of `samples`; what is deleted was received as well.
        lanes: the last committed position row by partition; a lane that has not begun has none.
    """
    return Balance(
        accounts=tuple(
            Account(
                partition=partition,
                received=end - lane.empty,
                scored=lane.scored,
                rejected=lane.rejected,
                duplicates=lane.duplicates,
                late=lane.late,
                unavailable=lane.unavailable,
            )
            for partition, (_, end) in sorted(samples.items())
            for lane in [lanes.get(partition, Position())]
        )
    )


def recount(given: Balance, scored: Mapping[int, int], rejected: Mapping[int, int]) -> Balance:
    """The same balance with scored and rejected as counted elsewhere, by partition of `samples`."""
    return Balance(
        accounts=tuple(
            msgspec.structs.replace(one, scored=scored.get(one.partition, 0), rejected=rejected.get(one.partition, 0))
            for one in given.accounts
        )
    )


def read(bootstrap: str, connection: psycopg.Connection, stream: str) -> Balance:
    """The balance now, with what is scored and rejected counted in PostgreSQL.

    Raises:
        Unavailable: Kafka does not answer.
        psycopg.Error: PostgreSQL does not.
    """
    topics = Topics(stream)
    scored, rejected = counted(connection, stream)
    samples = offsets.ends(bootstrap, topics.samples)
    return recount(balance(samples, lanes(bootstrap, topics, list(samples))), scored, rejected)


def lanes(bootstrap: str, topics: Topics, partitions: Sequence[int]) -> dict[int, Position]:
    """The last committed position row of each of these partitions that has one."""
    return offsets.latest(bootstrap, topics.state, partitions, position.KEY, Position)


def counted(connection: psycopg.Connection, stream: str) -> tuple[dict[int, int], dict[int, int]]:
    """Rows of predictions, and of rejected samples, by partition of `samples`."""
    scored = connection.execute(
        "SELECT partition, count(*) FROM predictions WHERE stream = %s GROUP BY partition", (stream,)
    ).fetchall()
    rejected = connection.execute(
        'SELECT partition, count(DISTINCT "offset") FROM rejected WHERE stream = %s AND topic = %s GROUP BY partition',
        (stream, Topics(stream).samples),
    ).fetchall()
    return dict(scored), dict(rejected)
