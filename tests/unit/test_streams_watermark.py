"""What is late or ahead is decided by the records before, never by how they were batched."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streams.watermark import LEAP, Times, Watermark, advance

RULE = {"lateness": 20, "pane": 100, "max_jump": 1000}


def run(times: list[int], start: Watermark | None = None) -> Times:
    return advance(start or Watermark(), np.array(times, np.int64), **RULE)


def test_late_is_what_comes_after_its_pane_was_closed() -> None:
    times = run([50, 119, 99, 120, 99, 100])

    assert times.late.tolist() == [False, False, False, False, True, False]


def test_one_wrong_clock_does_not_close_the_stream() -> None:
    times = run([50, 5000, 60, 70])

    assert times.ahead.tolist() == [False, True, False, False]
    assert not times.late.any()
    assert times.watermark.largest == 70


def test_a_stream_that_has_leapt_is_believed() -> None:
    times = run([50, *[5000] * (LEAP + 2)])

    assert times.ahead.sum() == LEAP - 1
    assert times.watermark.largest == 5000


@given(st.lists(st.integers(0, 400) | st.integers(2000, 9000), max_size=60), st.sets(st.integers(0, 60)))
def test_batches_do_not_matter(times: list[int], cuts: set[int]) -> None:
    whole = run(times)
    late: list[bool] = []
    ahead: list[bool] = []
    watermark = Watermark()
    for start, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(times)], strict=True):
        part = run(times[start:end], watermark)
        late, ahead, watermark = late + part.late.tolist(), ahead + part.ahead.tolist(), part.watermark

    assert (late, ahead, watermark) == (whole.late.tolist(), whole.ahead.tolist(), whole.watermark)
