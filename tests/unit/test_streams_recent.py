"""Ids looked up many at once are the same as one by one."""

from hypothesis import given
from hypothesis import strategies as st

from streams.recent import FEW, RecentIds


@given(
    st.lists(st.integers(0, 2_000).map(str), min_size=FEW, max_size=6 * FEW, unique=True),
    st.lists(st.tuples(st.integers(0, 6 * FEW), st.integers(0, 6 * FEW)), max_size=4),
)
def test_many_at_once_are_as_one_by_one(names: list[str], repeats: list[tuple[int, int]]) -> None:
    for source, place in repeats:
        names.insert(place % len(names), names[source % len(names)])
    at_once, one_by_one = RecentIds(), RecentIds()

    assert at_once.add_all(names) == [one_by_one.add(name) for name in names]
    assert list(at_once.changed()) == list(one_by_one.changed())
    assert at_once.total == one_by_one.total
