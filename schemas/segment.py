"""A part of a stream that is judged by itself, and the names of columns that are of such a part."""

from msgspec import Struct

FOR = " for "
"""Between a feature and its segment in the name of a column; no feature's name has a space in it."""
LONGEST = 40
"""Characters of a value that has a segment of its own: it is named in sentences, keys and files."""


class Segment(Struct, frozen=True, kw_only=True):
    """The samples with one value of a category or boolean feature."""

    feature: str
    value: str

    def column(self, feature: str) -> str:
        """The name of a feature's column in this segment, for example `temperature for origin = JFK`."""
        return f"{feature}{FOR}{self.feature} = {self.value}"


def feature_of(column: str) -> str:
    """The feature that a column is of, in whatever segment."""
    return column.partition(FOR)[0]


def in_segment(column: str) -> bool:
    """Whether a column is of a segment, and not of the stream as a whole."""
    return FOR in column


def nameable(value: str) -> bool:
    """Whether a value can be named wherever a column's name stands."""
    return 0 < len(value) <= LONGEST and value.isprintable() and value == value.strip()
