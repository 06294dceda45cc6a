"""The compiled counting against what numpy says of whole columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import moments
from schemas.errors import Refused
from schemas.reference import places
from schemas.sketch import Sketch
from streams.encode import Inputs
from streams.tally import tally
from support.models import scorer

floats = st.integers(-4, 4).map(float) | st.floats(-5, 5) | st.sampled_from([-0.0, 5e-324, 1e308, -1e308])


@given(st.lists(floats, min_size=1, max_size=30), st.lists(floats | st.just(float("nan")), max_size=60))
def test_the_kernel_counts_as_numpy_does(reference: list[float], window: list[float]) -> None:
    cuts, x = np.unique(reference), np.array(window)
    counts, sums = np.zeros(2 * len(cuts) + 2, np.int64), moments.nothing(1)
    rooms, ends = np.array([0, len(cuts)], np.uint32), np.array([0, len(counts)], np.uint32)

    tally(x[:, None].copy(), np.ones(1, np.uint8), cuts, rooms, ends, counts, sums)

    present = x[~np.isnan(x)]
    assert counts[:-1].tolist() == np.bincount(places(cuts, present), minlength=2 * len(cuts) + 1).tolist()
    assert (counts[-1], sums[0, 0]) == (len(x) - len(present), len(present))


def test_counts_over_another_reference_are_not_added_to() -> None:
    counter, other = scorer().counter, Sketch.empty(4, 1, "another")

    with pytest.raises(Refused, match=r"over the reference 'another' cannot be added .* replay-from"):
        counter.count(Inputs(np.zeros((1, 3)), [1]), np.zeros(1), other)
