"""What is said of a version's segments: which there are, and how much of the stream is in none of them."""

from collections.abc import Sequence

from schemas.reference import Cells, Contract


def apart(contract: Contract, names: Sequence[str]) -> list[str]:
    """A sentence for each of these features, by whose values the stream is declared to be judged."""
    whole = {cells.feature: cells for cells in contract.reference if not cells.segment}
    known = {cells.segment: None for cells in contract.reference if cells.segment}
    return [
        _said(whole[name], [segment.value for segment in known if segment.feature == name])
        for name in names
        if name in whole
    ]


def _said(cells: Cells, values: Sequence[str]) -> str:
    counts = dict(zip(cells.values, cells.counts, strict=False))
    rest = 1 - sum(counts.get(value, 0) for value in values) / max(1, sum(cells.counts))
    if not values:
        return f"Not judged by {cells.feature}: none of its values is in enough samples, and not in all"
    judged = f"Judged by {cells.feature}: {', '.join(values)}"
    return judged if rest <= 0 else f"{judged}; the other {rest:.1%} of the reference only as part of the whole"
