"""The kinds of records and how often each comes: valid ones, mutated ones, and those made to go wrong in one way."""

from collections.abc import Callable
from random import Random

from fuzz import mutate
from fuzz.samples import DAY, PARTITIONS, SCORED, Record, Samples, stamp
from schemas.reasons import Reason
from schemas.sample import MAX_ID
from schemas.topics import LARGE

Kind = Callable[[Samples, Random, int], Record]
CENTURY = 36_525 * DAY
KAFKA = 1_294_000_000_000
"""The year 2011 (epoch ms): no record is older."""
BOMB = 12_000_000
OVERHEAD = 300
"""Bytes that a batch takes beside its one record, and more."""


def plain(make: Samples, rng: Random, i: int) -> Record:
    """A valid sample."""
    return Record("valid", make.valid(rng, i), b"f-%d" % i, stamp(i), SCORED)


def again(make: Samples, rng: Random, i: int) -> Record:
    """A valid sample with an id that came not long ago in the same partition, whatever became of it."""
    name = b'"f-%d"' % max(i % PARTITIONS, i - PARTITIONS * rng.randint(1, 300))
    return Record("id sent before", make.valid(rng, i, name), None, stamp(i), SCORED | {"duplicate"})


def nameless(make: Samples, rng: Random, i: int) -> Record:
    """A sample that is called by its place."""
    return Record("no id", make.valid(rng, i, b"null"), rng.choice([None, b"same key"]), stamp(i), SCORED)


def empty(_: Samples, rng: Random, i: int) -> Record:
    """A tombstone or no bytes, with and without a key."""
    value, key = rng.choice([None, b""]), rng.choice([None, b"", b"k-%d" % i])
    return Record("no value", value, key, stamp(i), frozenset({Reason.EMPTY}))


def wild(make: Samples, rng: Random, i: int) -> Record:
    """Whatever hypothesis came upon."""
    return Record("anything", rng.choice(make.corpus.wild), rng.choice([None, rng.randbytes(8)]), stamp(i))


def long_id(make: Samples, rng: Random, i: int) -> Record:
    """An id of the most characters there may be, of one, two or four bytes each; its bytes are the key as well."""
    start = f"{i}-"
    name = (start + rng.choice(["a", "\u00e9", "\U0001f4a9"]) * (MAX_ID - len(start))).encode()
    return Record("longest id", make.valid(rng, i, b'"%b"' % name), name, stamp(i), SCORED)


def bad_id(make: Samples, rng: Random, i: int) -> Record:
    """An id that cannot be one, with a key as long."""
    name = rng.choice([b'""', b"7", b"[]", b'"a\\u0000"', b'"%b"' % (b"a" * (MAX_ID + 1)), b'"%b"' % (b"a" * 50_000)])
    return Record("bad id", make.valid(rng, i, name), name, stamp(i), frozenset({Reason.BAD_ID}))


def far_time(make: Samples, rng: Random, i: int) -> Record:
    """An event time a century before or after its record, or none that can be read."""
    at = rng.choice(
        [b"%d" % (stamp(i) - CENTURY), b"%d" % (stamp(i) + CENTURY), b'"1925-01-01"', b'"2125-06-01T00:00:00+14:00"',
         b'"0001-01-01T00:00:00+14:00"', b'"9999-12-31T23:59:59-14:00"', b'"2025-02-30"', b'""', b"1e12", b"true",
         b"9" * 5_000, b"-9007199254740993", b'"%b"' % (b"2" * 100_000)]
    )  # fmt: skip
    return Record("bad time", make.valid(rng, i, at=at), None, stamp(i), frozenset({Reason.BAD_TIMESTAMP}))


def old_record(make: Samples, rng: Random, i: int) -> Record:
    """A record that Kafka itself stamped a lifetime ago; its sample has no time of its own."""
    return Record("old record", make.valid(rng, i, at=b"null"), None, rng.randint(1, KAFKA), SCORED)


def tomorrow(make: Samples, rng: Random, i: int) -> Record:
    """An event time that is believed, and later than the broker's clock by hours."""
    at = b"%d" % (make.now + rng.randint(2, 22) * DAY // 24)
    return Record("tomorrow", make.valid(rng, i, at=at), None, 0, SCORED)


def more(make: Samples, rng: Random, i: int) -> Record:
    """A field that is not declared, beside the features or among them; its name is odd."""
    name = rng.choice([b"more", b"", b"\\u0000", b"\\ud800", b"x" * 5_000, b"\xe2\x80\xae", b"%s", b"\\n{}"])
    spot = rng.choice([b"{", b'"features":{'])
    value = make.valid(rng, i).replace(spot, spot + b'"%b":1,' % name, 1)
    return Record("field more", value, None, stamp(i), frozenset({Reason.UNKNOWN_FIELD}))


def padded(make: Samples, rng: Random, i: int, size: int) -> bytes:
    """A valid sample made this large by white space."""
    value = make.valid(rng, i)
    return value[:-1] + b" " * (size - len(value)) + value[-1:]


def largest(make: Samples, rng: Random, i: int) -> Record:
    """A valid sample of exactly the most bytes."""
    return Record("largest", padded(make, rng, i, make.max_bytes), b"f-%d" % i, stamp(i), SCORED)


def too_large(make: Samples, rng: Random, i: int) -> Record:
    """A valid sample of one byte more."""
    ends = frozenset({Reason.TOO_LARGE})
    return Record("too large", padded(make, rng, i, make.max_bytes + 1), b"f-%d" % i, stamp(i), ends)


def huge(_: Samples, rng: Random, i: int) -> Record:
    """As many bytes as the topic takes, half of them in the key; they cannot be compressed."""
    half = (LARGE - OVERHEAD) // 2
    return Record("huge", rng.randbytes(half), rng.randbytes(half), stamp(i), frozenset({Reason.TOO_LARGE}))


def bomb(_: Samples, __: Random, i: int) -> Record:
    """More bytes than the topic takes, compressed to nearly nothing."""
    return Record("bomb", b"x" * BOMB, None, stamp(i), frozenset({Reason.TOO_LARGE}))


def mutated(name: str, mutation: mutate.Mutation) -> Kind:
    """A valid sample after this."""

    def kind(make: Samples, rng: Random, i: int) -> Record:
        return Record(name, mutation(rng, make.valid(rng, i)), rng.choice([None, b"k-%d" % i]), stamp(i))

    return kind


KINDS: dict[Kind, float] = {
    plain: 30, again: 4, nameless: 3, empty: 2, wild: 10, long_id: 1, bad_id: 2, far_time: 3, old_record: 1,
    tomorrow: 0.2, more: 2,
    **{mutated(name, mutation): (1 if mutation is mutate.nested else 6) for name, mutation in mutate.ALL.items()},
}  # fmt: skip
"""How often each comes, as its part of their sum."""
RARE: dict[int, Kind] = {1_001: largest, 2_002: too_large, 3_003: huge, 4_004: bomb}
"""The large ones: their places in every RARE_EVERY records."""
RARE_EVERY = 100_000
