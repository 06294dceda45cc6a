"""What is done to the bytes of a valid sample: each a function of a random generator and the bytes."""

import re
from collections.abc import Callable
from random import Random

Mutation = Callable[[Random, bytes], bytes]
_TOKENS = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|\s+')
_ODD = [
    b"null", b"true", b"{}", b"[]", b'""', b"0", b"-0", b"-0.0", b"01", b"1.", b".5", b"+1", b"0x1F", b"1_000",
    b"1e999", b"-1e999", b"1e-999", b"1e308", b"-1.7976931348623157e308", b"9007199254740993", b"-9223372036854775809",
    b"18446744073709551616", b"9" * 400, b"9" * 5_000, b"0." + b"3" * 5_000, b"1.0", b"1.5", b"2e0",
    b"NaN", b"Infinity", b"-Infinity", b"nan", b"'x'", b'"', b'"1"', b'"true"',
    b'"\\ud800"', b'"\\udc00\\ud800"', b'"\\ud83d\\ude00"', b'"\\u0000"', b'"\\x00"', b'"\x00"', b'"\x1f"', b'"\x7f"',
    b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xff"', b'"\xf4\x90\x80\x80"', b'"\xe2\x80\xae\xe2\x80\x8b"',
    b'"' + b"x" * 200 + b'"', b'"' + b"x" * 201 + b'"', b'"' + b"\xf0\x9f\x92\xa9" * 200 + b'"', b"\xef\xbb\xbf",
    b"\xa0", b"/*", b"//", b",", b":", b"[[[[[[[[[1]]]]]]]]]", b'{"a":{"a":{"a":1}}}', b"undefined",
]  # fmt: skip


def flip(rng: Random, value: bytes) -> bytes:
    """One to four bits turned round."""
    changed = bytearray(value)
    for _ in range(rng.randint(1, 4)):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def truncate(rng: Random, value: bytes) -> bytes:
    """The end, or the beginning, cut off."""
    place = rng.randrange(len(value))
    return value[:place] if rng.randrange(5) else value[place:]


def bytes_moved(rng: Random, value: bytes) -> bytes:
    """A slice left out, doubled, or put elsewhere; or random bytes put in."""
    start = rng.randrange(len(value))
    end = min(len(value), start + rng.randint(1, 20))
    place = rng.randrange(len(value))
    return rng.choice(
        [
            value[:start] + value[end:],
            value[:end] + value[start:],
            value[:place] + value[start:end] + value[place:],
            value[:place] + rng.randbytes(rng.randint(1, 8)) + value[place:],
        ]
    )


def tokens(rng: Random, value: bytes) -> bytes:
    """A JSON token doubled, left out, exchanged for another one, or wrapped."""
    parts = _TOKENS.findall(value)
    i, j = rng.randrange(len(parts)), rng.randrange(len(parts))
    how = rng.randrange(4)
    if how == 0:
        parts.insert(i, parts[i])
    elif how == 1:
        del parts[i]
    elif how == 2:
        parts[i], parts[j] = parts[j], parts[i]
    else:
        parts[i] = rng.choice([b"[%b]", b'{"a":%b}', b'"%b"', b"%b,", b"-%b"]) % parts[i]
    return b"".join(parts)


def odd(rng: Random, value: bytes) -> bytes:
    """A token exchanged for an odd one, mostly one that is a value."""
    parts = _TOKENS.findall(value)
    place = rng.choice(_values(parts)) if rng.randrange(10) else rng.randrange(len(parts))
    parts[place] = rng.choice(_ODD)
    return b"".join(parts)


def repeated_field(rng: Random, value: bytes) -> bytes:
    """A field that stands twice, the first or the second time with an odd value."""
    parts = _TOKENS.findall(value)
    place = rng.choice([i for i in range(1, len(parts)) if parts[i] == b":"])
    once = parts[place - 1] + b":" + rng.choice(_ODD)
    return b"".join([*parts[: place - 1], once, b",", *parts[place - 1 :]])


def nested(rng: Random, value: bytes) -> bytes:
    """A value so deep that some decoder gives up: with more or fewer levels than Python's 1,000."""
    parts = _TOKENS.findall(value)
    depth = rng.choice([rng.randint(1, 900), rng.randint(900, 1_100), rng.randint(1_100, 5_000)])
    opening, closing = rng.choice([(b"[", b"]"), (b'{"a":', b"}")])
    parts[rng.choice(_values(parts))] = opening * depth + b"1" + closing * (depth - rng.choice([0, 0, 1]))
    return b"".join(parts)


def _values(parts: list[bytes]) -> list[int]:
    """Where values begin."""
    after = [i for i, part in enumerate(parts) if part == b":"]
    return [i + 2 if parts[i + 1].isspace() else i + 1 for i in after]


ALL: dict[str, Mutation] = {
    "bits flipped": flip,
    "truncated": truncate,
    "bytes moved": bytes_moved,
    "tokens moved": tokens,
    "odd value": odd,
    "field twice": repeated_field,
    "nested": nested,
}
