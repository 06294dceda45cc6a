"""What is a label, and why something is none."""

import pytest

from consumers.labels import AHEAD_MS, decode_label
from schemas.messages import Label
from schemas.reasons import Reason

SENT = 1_700_000_000_000


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (b'{"id":"a","ts":1000,"label":1}', Label(id="a", ts=1000, label=1)),
        (b'{"id":"a","ts":"1970-01-01T00:00:01Z","label":true}', Label(id="a", ts=1000, label=1)),
        (b'{"id":"a","ts":"1970-01-01T01:00:01+01:00","label":false}', Label(id="a", ts=1000, label=0)),
        (b'{"id":"a","label":0}', Label(id="a", ts=SENT, label=0)),
        (b'{"id":"a","ts":null,"label":0}', Label(id="a", ts=SENT, label=0)),
        (b'{"id":"a","ts":-5,"label":0}', Label(id="a", ts=-5, label=0)),
    ],
)
def test_a_label_in_each_of_its_spellings(text: bytes, label: Label) -> None:
    assert decode_label(text, 0, 0, SENT) == label


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, Reason.EMPTY),
        (b"", Reason.EMPTY),
        (b"hello", Reason.NOT_JSON),
        (b'{"id":"a","label":1', Reason.NOT_JSON),
        (b'{"id":"a","label":NaN}', Reason.NOT_JSON),
        (b'{"id":"a\xff","label":1}', Reason.NOT_UTF8),
        (b"[1]", Reason.NOT_AN_OBJECT),
        (b'"a"', Reason.NOT_AN_OBJECT),
        (b'{"label":1}', Reason.MISSING_FIELD),
        (b'{"id":"a"}', Reason.MISSING_FIELD),
        (b'{"id":"a","label":1,"x":2}', Reason.UNKNOWN_FIELD),
        (b'{"id":"a","label":1,"x":' + b"[" * 100_000, Reason.UNKNOWN_FIELD),
        (b"[" * 100_000, Reason.NOT_AN_OBJECT),
        (b'{"id":7,"label":1}', Reason.WRONG_TYPE),
        (b'{"id":"","label":1}', Reason.BAD_ID),
        (b'{"id":"' + b"a" * 201 + b'","label":1}', Reason.BAD_ID),
        (b'{"id":"a\\u0000","label":1}', Reason.BAD_ID),
        (b'{"id":"a","label":2}', Reason.BAD_LABEL),
        (b'{"id":"a","label":"yes"}', Reason.BAD_LABEL),
        (b'{"id":"a","label":null}', Reason.BAD_LABEL),
        (b'{"id":"a","label":0.5}', Reason.BAD_LABEL),
        (b'{"id":"a","label":' + b"9" * 5_000 + b"}", Reason.BAD_LABEL),
        (b'{"id":"a","ts":"yesterday","label":1}', Reason.BAD_TIMESTAMP),
        (b'{"id":"a","ts":true,"label":1}', Reason.BAD_TIMESTAMP),
        (b'{"id":"a","ts":' + b"9" * 30 + b',"label":1}', Reason.BAD_TIMESTAMP),
        (b'{"id":"a","ts":-99999999999999999,"label":1}', Reason.BAD_TIMESTAMP),
        (b'{"id":"a","ts":%d,"label":1}' % (SENT + AHEAD_MS + 1), Reason.BAD_TIMESTAMP),
    ],
)
def test_what_is_no_label_says_why(text: bytes | None, reason: Reason) -> None:
    found = decode_label(text, 0, 0, SENT)
    assert isinstance(found, tuple)
    assert found[0] is reason
    assert found[1]


def test_a_label_without_any_time_is_refused() -> None:
    assert decode_label(b'{"id":"a","label":1}', 0, 0, None) == (
        Reason.BAD_TIMESTAMP,
        "ts: missing, and the record has no timestamp of its own",
    )
