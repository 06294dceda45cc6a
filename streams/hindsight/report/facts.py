"""What a page is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from schemas.declaration import Declaration
from schemas.messages import DriftRow
from schemas.reference import Cells, Contract
from schemas.sketch import Counts
from streams.hindsight.spans import Span
from streams.levels import Levels


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one stream over some time.

    declaration, levels: the settings, and the error levels that they leave to one test.
    now: the rows of the window that is looked at closely, all of one version, pane and length; not empty.
    contract: of that version; None if MLflow has it not any more.
    counts: by feature, the reference's cells and the window's counts: int64 (cells.size,).
    runs: by feature, the rows of every window over time, in order, each of the version that was judged then.
    spans: the incidents.
    extent: begin and end of the time shown, epoch ms.
    remarks: what is missing, and why.
    """

    declaration: Declaration
    levels: Levels
    now: Sequence[DriftRow]
    contract: Contract | None
    counts: Mapping[str, tuple[Cells, Counts]]
    runs: Mapping[str, Sequence[DriftRow]]
    spans: Sequence[Span]
    extent: tuple[int, int]
    remarks: Sequence[str] = ()
