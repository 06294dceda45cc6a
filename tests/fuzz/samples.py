"""Valid samples of the fuzzed stream as bytes, in any order of fields, and what is known of a record."""

from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from fuzz.corpus import Corpus

START = 1_735_689_600_000
"""2025-01-01, when the first record is stamped (epoch ms)."""
STEP_MS = 10
DAY = 86_400_000
ANYWHERE: frozenset[str] = frozenset()
SCORED = frozenset({"scored"})
PARTITIONS = 3


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `time` is its Kafka timestamp (epoch ms, 0 for now).

    `ends` are the outcomes it may have: "scored", "duplicate" or a reason; empty if any will do.
    """

    kind: str
    value: bytes | None
    key: bytes | None
    time: int
    ends: frozenset[str] = ANYWHERE


@dataclass(frozen=True, slots=True)
class Samples:
    """Makes them; `now` (epoch ms) is for those that must be later than the broker's clock."""

    corpus: Corpus
    max_bytes: int
    now: int

    def valid(self, rng: Random, i: int, name: bytes | None = None, at: bytes | None = None) -> bytes:
        """The i-th sample, as JSON; `name` and `at` are JSON too."""
        fields = [
            b'"id":%b' % (b'"f-%d"' % i if name is None else name),
            b'"at":%b' % (_time(rng, i) if at is None else at),
            b'"features":%b' % rng.choice(self.corpus.features),
        ]
        rng.shuffle(fields)
        return b"{%b}" % rng.choice([b",", b", ", b"\n,\t"]).join(fields)


def stamp(i: int) -> int:
    """The Kafka timestamp of the i-th record."""
    return START + i * STEP_MS


def place(i: int) -> tuple[int, int]:
    """Partition and offset of the i-th record."""
    return i % PARTITIONS, i // PARTITIONS


def _time(rng: Random, i: int) -> bytes:
    """Mostly when it was sent; some are up to two days late, and so in no window any more."""
    time = stamp(i) - rng.choice([0, 0, 0, rng.randrange(2 * DAY)])
    if rng.randrange(5):
        return b"%d" % time
    return b'"%b"' % datetime.fromtimestamp(time / 1000, UTC).isoformat().encode()
