"""The files of a version in a folder, model.skops, contract.json and maybe model.onnx: written, checked, loaded."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from infra import allowlist, contractfile, onnxmodel
from infra.boosting import Floats
from infra.serving import ServingModel, scorer
from schemas import reference
from schemas.errors import Refused
from schemas.messages import ModelRef
from schemas.reference import Contract

MODEL, CONTRACT, ONNX = "model.skops", "contract.json", "model.onnx"
TOLERANCE = 1e-9
"""How far a loaded model's probe scores may be from those it gave when it was made."""
EQUAL = 1e-6
"""The same for ONNX, which may sum in float32, and in another order on another processor."""


def write(folder: Path, pipeline: Any, contract: Contract, onnx: bytes | None = None) -> tuple[str, str]:
    """Writes the files and proves them by loading them again; the SHA-256 of the model and of the contract.

    Args:
        folder: where to.
        pipeline: the whole, from a data frame to probabilities.
        contract: its probe scores are those of `onnx` if that is given, else those of the pipeline.
        onnx: what the version is served by; its hash is put into the contract.

    Raises:
        Refused: the files hold types or operators outside the allow-lists, or what was written does not score as the
            contract's probe says, or the pipeline scores a data frame otherwise than the same rows in codes.
    """
    import skops.io  # noqa: PLC0415 - heavy; processes that load no model never pay for it

    skops.io.dump(pipeline, folder / MODEL)
    if onnx is not None:
        (folder / ONNX).write_bytes(onnx)
        contract = msgspec.structs.replace(contract, onnx_sha256=sha256(folder / ONNX))
    (folder / CONTRACT).write_bytes(reference.encode(contract))
    ref = ModelRef(
        version=0, run_id="", model_sha256=sha256(folder / MODEL), contract_sha256=sha256(folder / CONTRACT),
        trained_until=contract.trained_until,
    )  # fmt: skip
    model, coded = load(folder, ref), rows(contract.probe)
    again = model.predict(coded) if onnx is None else _skops(folder / MODEL)(coded)
    _same(contract, again, pipeline.predict_proba(frame(contract, coded))[:, 1], "the whole pipeline", TOLERANCE)
    return ref.model_sha256, ref.contract_sha256


def load(folder: Path, ref: ModelRef) -> ServingModel:
    """The version in `folder`, after its hashes, what it holds and its probe rows have been checked, in this order.

    A version with ONNX is served by that alone: another way would give other last digits, so that a replay would not
    repeat its predictions.

    Raises:
        Refused: a file is missing, has another hash than `ref` and the contract say, holds what the allow-lists do not
            name, or does not score its probe rows as it did when it was made.
    """
    verify(folder, ref)
    contract = contractfile.read(folder / CONTRACT, ref)
    allowlist.check(folder / MODEL)
    if contract.onnx_sha256:
        score, tolerance = _onnx(folder / ONNX, len(contract.features)), EQUAL
    else:
        score, tolerance = _skops(folder / MODEL), TOLERANCE
    model = ServingModel(ref, contract, score)
    try:
        scores = model.predict(rows(contract.probe))
    except Exception as error:  # a file with the right hash and types can still be made badly, in any way
        raise Refused(f"{folder}: cannot score its probe rows ({type(error).__name__}: {error})") from error
    _same(contract, np.array(contract.probe_scores), scores, "the serving path", tolerance)
    return model


def verify(folder: Path, ref: ModelRef) -> None:
    """Compares every file of the version with the hash that the registry and the `models` topic gave.

    Raises:
        Refused: naming the file, the hash expected and the one found.
    """
    for name, expected in files(folder, ref).items():
        _compare(folder / name, expected, ref.version)


def files(folder: Path, ref: ModelRef) -> dict[str, str]:
    """Each file of the version and the SHA-256 that it must have; only the contract needs to be in `folder` yet.

    Raises:
        Refused: the contract has another hash than `ref` says.
    """
    _compare(folder / CONTRACT, ref.contract_sha256, ref.version)
    onnx = contractfile.read(folder / CONTRACT, ref).onnx_sha256
    return {CONTRACT: ref.contract_sha256, MODEL: ref.model_sha256} | ({ONNX: onnx} if onnx else {})


def _compare(path: Path, expected: str, version: int) -> None:
    found = sha256(path)
    if found != expected:
        raise Refused(
            f"{path}: its SHA-256 is {found}, but version {version} was registered with {expected}. "
            "It was not loaded: somebody or something has changed the file"
        )


def _skops(path: Path) -> Callable[[Floats], Floats]:
    import skops.io  # noqa: PLC0415 - heavy; processes that load no model never pay for it

    try:
        return scorer(skops.io.load(path, trusted=sorted(allowlist.TYPES)))
    except Exception as error:  # as in `load`
        raise _unloadable(path, error) from error


def _onnx(path: Path, features: int) -> Callable[[Floats], Floats]:
    try:
        content = path.read_bytes()
        onnxmodel.check(content, features)
        return onnxmodel.scorer(content)
    except ImportError as error:
        raise Refused(
            f"{path}: its version is served by onnxruntime, which cannot be imported here ({error}). It was not "
            "loaded; install requirements/runtime.txt"
        ) from error
    except Exception as error:  # as in `load`
        raise _unloadable(path, error) from error


def _unloadable(path: Path, error: Exception) -> Refused:
    return Refused(f"{path}: cannot be loaded ({type(error).__name__}: {error})")


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


def _same(contract: Contract, expected: Floats, scores: Floats, path: str, tolerance: float) -> None:
    if expected.shape != scores.shape or not np.allclose(scores, expected, rtol=0, atol=tolerance):
        gap = float(np.max(np.abs(scores - expected))) if expected.shape == scores.shape else float("nan")
        raise Refused(
            f"the model of {contract.stream} does not score its probe rows as it did when it was made, by {path} "
            f"(largest difference {gap:.2g}, allowed {tolerance:g}). It was not loaded: check that the versions of "
            "scikit-learn and onnxruntime agree"
        )
