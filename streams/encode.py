"""batch -> inputs: the columns of one model version, in its order and with its category codes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.reference import Contract
from streams.decode import Batch

UNSEEN = -1.0
"""The code of a category value that the version does not know; its model is given NaN."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """x: float64 (n, features): numbers, booleans as 0 and 1, codes; NaN is missing, UNSEEN an unknown category."""

    x: NDArray[np.float64]
    categories: list[int]

    def for_model(self) -> NDArray[np.float64]:
        """What the estimator is given: unseen categories as missing."""
        unseen = self.x[:, self.categories] == UNSEEN
        if not unseen.any():
            return self.x
        x = self.x.copy()
        x[:, self.categories] = np.where(unseen, np.nan, x[:, self.categories])
        return x


class Encoder:
    """Compiled from a declaration and a version's contract; pure."""

    def __init__(self, declaration: Declaration, contract: Contract) -> None:
        numeric = declaration.names("number", "integer", "boolean")
        texts = declaration.names("category")
        _check(declaration, contract)
        self._numbers = [(j, numeric.index(n)) for j, n in enumerate(contract.features) if n in numeric]
        self._texts = [
            (j, texts.index(n), {value: float(code) for code, value in enumerate(contract.categories[n])})
            for j, n in enumerate(contract.features)
            if n in texts
        ]
        self._width = len(contract.features)

    def __call__(self, batch: Batch) -> Inputs:
        """The columns of the contract for each sample of the batch."""
        x = np.empty((len(batch), self._width))
        for column, source in self._numbers:
            x[:, column] = batch.numbers[:, source]
        for column, source, codes in self._texts:
            x[:, column] = _coded(batch.texts[source], codes)
        return Inputs(x, [column for column, _, _ in self._texts])


def _check(declaration: Declaration, contract: Contract) -> None:
    """That every feature of the contract is declared, as what it was when the version was made."""
    unknown = [name for name in contract.features if name not in declaration.features]
    if unknown:
        raise Refused(
            f"The model of {contract.stream} takes {', '.join(unknown)}, which the declaration does not have. "
            "Declare it, or train a model with `leeway train`"
        )
    kinds = {cells.feature: cells.kind for cells in contract.reference}
    for name in contract.features:
        now = declaration.features[name].kind.replace("integer", "number")
        was = "category" if name in contract.categories else "boolean" if kinds[name] == "category" else "number"
        if now != was:
            raise Refused(
                f"The model of {contract.stream} was made with features.{name} of kind {was}, and the declaration says "
                f"{declaration.features[name].kind}. Declare it as it was, or under a new name, or train a model with "
                "`leeway train`"
            )


def _coded(values: Sequence[str | None], codes: Mapping[str, float]) -> list[float]:
    return [np.nan if value is None else codes.get(value, UNSEEN) for value in values]
