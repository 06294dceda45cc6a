"""What people have asked for: a retrain, a version in charge, or that nothing changes until they say so."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from schemas.messages import Asked, Request

ANSWERS: Mapping[Asked, Literal["frozen", "thawed"]] = {"freeze": "frozen", "thaw": "thawed"}
"""What is answered by one decision."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """A function of the topic `requests`: by whom it is `frozen`, if by anybody, and every request by its id."""

    frozen: Request | None = None
    all: Mapping[str, Request] = field(default_factory=dict)

    def open(self, kinds: Iterable[Asked], answered: Mapping[str, int]) -> Iterator[Request]:
        """Those of these kinds that nothing was decided about, in the order of asking."""
        return (one for one in self.all.values() if one.kind in kinds and one.id not in answered)


def taken(wishes: Wishes, request: Request) -> Wishes:
    """With one more record of the topic; of freezing and thawing the last one holds."""
    frozen = {"freeze": request, "thaw": None}.get(request.kind, wishes.frozen)
    return replace(wishes, frozen=frozen, all={**wishes.all, request.id: request})


def words(request: Request) -> str:
    """Who, and why."""
    return f"{request.who}: {request.why}"
