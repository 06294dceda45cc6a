"""The two files of a version in a folder, model.skops and contract.json: written, checked by hash, loaded."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from infra import allowlist, contractfile
from infra.boosting import Floats
from infra.serving import ServingModel
from schemas import reference
from schemas.errors import Refused
from schemas.messages import ModelRef
from schemas.reference import Contract

MODEL, CONTRACT = "model.skops", "contract.json"
TOLERANCE = 1e-9
"""How far a loaded model's probe scores may be from those it gave when it was made."""


def write(folder: Path, pipeline: Any, contract: Contract) -> tuple[str, str]:
    """Writes both files and proves them by loading them again; the SHA-256 of the model and of the contract.

    Raises:
        Refused: the pipeline holds types outside the allow-list, or what was written does not score as the
            contract's probe says, by the whole pipeline on a data frame or by the serving path.
    """
    import skops.io  # noqa: PLC0415 - heavy; processes that load no model never pay for it

    skops.io.dump(pipeline, folder / MODEL)
    (folder / CONTRACT).write_bytes(reference.encode(contract))
    ref = ModelRef(
        version=0, run_id="", model_sha256=sha256(folder / MODEL), contract_sha256=sha256(folder / CONTRACT),
        trained_until=contract.trained_until,
    )  # fmt: skip
    load(folder, ref)
    _same(contract, pipeline.predict_proba(frame(contract, rows(contract.probe)))[:, 1], "the whole pipeline")
    return ref.model_sha256, ref.contract_sha256


def load(folder: Path, ref: ModelRef) -> ServingModel:
    """The version in `folder`, after its hashes, its types and its probe rows have been checked, in this order.

    Raises:
        Refused: a file is missing, has another hash than `ref` says, holds what the allow-list does not name,
            or does not score its probe rows as it did when it was made.
    """
    import skops.io  # noqa: PLC0415 - heavy; processes that load no model never pay for it

    verify(folder, ref)
    contract = contractfile.read(folder / CONTRACT, ref)
    allowlist.check(folder / MODEL)
    try:
        pipeline = skops.io.load(folder / MODEL, trusted=sorted(allowlist.TYPES))
        model = ServingModel(ref, contract, pipeline)
        scores = model.predict(rows(contract.probe))
    except Exception as error:  # a file with the right hash and types can still be made badly, in any way
        raise Refused(f"{folder / MODEL}: cannot be loaded ({type(error).__name__}: {error})") from error
    _same(contract, scores, "the serving path")
    return model


def verify(folder: Path, ref: ModelRef) -> None:
    """Compares both files with the hashes that the registry and the `models` topic gave.

    Raises:
        Refused: naming the file, the hash expected and the one found.
    """
    for name, expected in ((MODEL, ref.model_sha256), (CONTRACT, ref.contract_sha256)):
        found = sha256(folder / name)
        if found != expected:
            raise Refused(
                f"{folder / name}: its SHA-256 is {found}, but version {ref.version} was registered with {expected}. "
                "It was not loaded: somebody or something has changed the file"
            )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror})") from error


def rows(probe: list[list[float | None]]) -> Floats:
    """Probe rows as an array (n, k) with NaN for None."""
    return np.array([[np.nan if value is None else value for value in row] for row in probe], dtype=np.float64)


def frame(contract: Contract, coded: Floats) -> Any:
    """A pandas frame as a user of the registered model would give it: strings for categories, None for missing."""
    import pandas as pd  # noqa: PLC0415 - heavy, and needed only where a version is made

    columns: dict[str, Any] = {}
    for name, column in zip(contract.features, coded.T, strict=True):
        values = contract.categories.get(name)
        columns[name] = column if values is None else _strings(values, column)
    return pd.DataFrame(columns)


def _strings(values: list[str], codes: Floats) -> list[str | None]:
    return [None if np.isnan(code) else values[int(code)] for code in codes]


def _same(contract: Contract, scores: Floats, path: str) -> None:
    expected = np.array(contract.probe_scores)
    if expected.shape != scores.shape or not np.allclose(scores, expected, rtol=0, atol=TOLERANCE):
        gap = float(np.max(np.abs(scores - expected))) if expected.shape == scores.shape else float("nan")
        raise Refused(
            f"the model of {contract.stream} does not score its probe rows as it did when it was made, by {path} "
            f"(largest difference {gap:.2g}). It was not loaded: check that the versions of scikit-learn agree"
        )
