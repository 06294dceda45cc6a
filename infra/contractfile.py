"""The file contract.json of a version: read and checked against what the registry says of it."""

from collections import Counter
from pathlib import Path

import msgspec

from schemas import reference
from schemas.errors import Refused
from schemas.messages import ModelRef
from schemas.reference import BOOLEANS, SCORE, Cells, Contract
from schemas.segment import Segment

MAX_BYTES = 16_000_000


def read(path: Path, ref: ModelRef) -> Contract:
    """The contract in this file, whose hash the caller has checked.

    Raises:
        Refused: it is too large, is no contract, contradicts itself, or is of another training than `ref`.
    """
    if path.stat().st_size > MAX_BYTES:
        raise Refused(f"{path}: above the limit of {MAX_BYTES} bytes. It was not loaded")
    try:
        contract = reference.decode(path.read_bytes())
    except msgspec.MsgspecError as error:
        raise Refused(f"{path}: not a contract: {error}") from error
    fault = _fault(contract)
    if contract.trained_until != ref.trained_until:
        fault = f"it was trained until {contract.trained_until}, but the registry says {ref.trained_until}"
    if fault:
        raise Refused(f"{path}: {fault}. Version {ref.version} was not loaded")
    return contract


def _fault(contract: Contract) -> str | None:
    """What is wrong with a contract beyond its types, or None."""
    if fault := _columns(contract):
        return fault
    if not set(contract.categories) <= set(contract.features):
        return "it has categories of features that it does not list"
    uneven = [cells.feature for cells in contract.reference if cells.size != _expected(cells)]
    if uneven:
        return f"the cells of {uneven[0]} and their counts do not match"
    if not contract.probe or any(len(row) != len(contract.features) for row in contract.probe):
        return "its probe rows do not have one value a feature"
    known = contract.outcomes
    if known is not None and not (0 <= known.positives <= known.n and known.n > 1 and known.loss > 0 <= known.std):
        return "the outcomes of its reference contradict themselves"
    return None


def _columns(contract: Contract) -> str | None:
    """What is wrong with the list of its columns: features and the score, then those of segments, each once."""
    whole = [*contract.features, SCORE]
    if [cells.feature for cells in contract.reference if not cells.segment] != whole:
        return "its reference does not list its features and the score"
    names = [cells.column for cells in contract.reference]
    wrong = [name for name, times in Counter(names).items() if times > 1]
    wrong += [cells.column for cells in contract.reference[: len(whole)] if cells.segment]
    wrong += [
        cells.column for cells in contract.reference if cells.segment and not _known(contract, cells, cells.segment)
    ]
    return f"its reference has a column {wrong[0]!r} that cannot be, or is in a wrong place" if wrong else None


def _known(contract: Contract, cells: Cells, segment: Segment) -> bool:
    return (
        segment.feature in contract.features
        and segment.value in contract.categories.get(segment.feature, BOOLEANS)
        and cells.feature in {*contract.features, SCORE}
    )


def _expected(cells: Cells) -> int:
    """Counts that these cells need: one a cell, and the missing."""
    return 2 * len(cells.cuts) + 2 if cells.kind == "number" else len(cells.values) + 2
