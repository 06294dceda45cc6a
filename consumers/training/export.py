"""A fitted pipeline as an ONNX graph from coded rows to probabilities: the only importer of skl2onnx."""

import copy
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from infra.boosting import Floats
from infra.onnxmodel import INPUT, OUTPUT

Precision = Literal["float32", "float64"]
MAX_CALIBRATION_ROWS = 2_000


def precisions(pipeline: Any) -> tuple[Precision, ...]:
    """What its estimator may compute in, most exact first.

    Trees look at float32 in scikit-learn too. Networks gain by it; other estimators only lose digits.
    """
    kind = type(pipeline.steps[-1][1])
    if kind.__module__.startswith(("sklearn.tree", "sklearn.ensemble")):
        return ("float32",)
    return ("float64", "float32") if kind.__module__.startswith("sklearn.neural_network") else ("float64",)


def onnx(pipeline: Any, precision: Precision) -> bytes:
    """The steps after the first, which scorers do themselves; rows come as float64 and are scaled as such.

    Raises:
        Exception: of any kind, where skl2onnx cannot.
    """
    from skl2onnx import to_onnx  # noqa: PLC0415 - only a training process that converts pays for the import
    from skl2onnx.common.data_types import DoubleTensorType  # noqa: PLC0415 - as above
    from skl2onnx.helpers.onnx_helper import select_model_inputs_outputs  # noqa: PLC0415 - as above

    _teach()
    whole = _narrowed(pipeline) if precision == "float32" else _without_encoder(pipeline)
    width = pipeline.steps[0][1].n_features_in_
    rows = [(INPUT, DoubleTensorType([None, width]))]
    made = to_onnx(whole, initial_types=rows, options={id(whole.steps[-1][1]): {"zipmap": False}})
    return select_model_inputs_outputs(made, outputs=[OUTPUT]).SerializeToString()  # type: ignore[no-any-return] # untyped


def quantised(pipeline: Any, rows: Floats) -> bytes:
    """The graph with the products of its layers in 8 bits, their scales fixed on `rows`, float64 (n, k).

    Not the dynamic kind, which takes its scales from each batch: a sample's score would depend on its neighbours.
    Weights are unsigned like inputs: signed ones overflow on processors without VNNI.
    """
    from onnxruntime.quantization import QuantType, quantize_static  # noqa: PLC0415 - only where it is asked for

    with tempfile.TemporaryDirectory(prefix="leeway-int8-") as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "int8.onnx"
        plain.write_bytes(onnx(pipeline, "float32"))
        quantize_static(
            plain,
            small,
            _Rows(rows[np.linspace(0, len(rows) - 1, min(len(rows), MAX_CALIBRATION_ROWS)).astype(int)]),
            op_types_to_quantize=["MatMul", "Gemm"],
            weight_type=QuantType.QUInt8,
            activation_type=QuantType.QUInt8,
        )
        return small.read_bytes()


class _Rows:
    """One batch, as onnxruntime reads its calibration data."""

    def __init__(self, rows: Floats) -> None:
        self._batches: Iterator[dict[str, Floats]] = iter([{INPUT: rows}])

    def get_next(self) -> dict[str, Floats] | None:
        """The batch, then None."""
        return next(self._batches, None)


def _without_encoder(pipeline: Any) -> Any:
    whole = copy.copy(pipeline)
    whole.steps = pipeline.steps[1:]
    return whole


def _narrowed(pipeline: Any) -> Any:
    """With a rounding to float32 before the estimator."""
    from skl2onnx.sklapi import CastTransformer  # noqa: PLC0415 - as above

    whole = _without_encoder(pipeline)
    estimator = whole.steps[-1]
    cast = CastTransformer(dtype=np.float32).fit(np.zeros((1, estimator[1].n_features_in_)))
    whole.steps = [*whole.steps[:-1], ("narrow", cast), estimator]
    return whole


@cache
def _teach() -> None:
    """Gives skl2onnx a SimpleImputer for float64: its own uses an operator that onnxruntime has for float32 only."""
    from skl2onnx import update_registered_converter  # noqa: PLC0415 - as above
    from sklearn.impute import SimpleImputer  # noqa: PLC0415 - as above

    update_registered_converter(SimpleImputer, "SklearnSimpleImputer", _imputed_shape, _imputer)


def _imputed_shape(operator: Any) -> None:
    kind = operator.inputs[0].type
    operator.outputs[0].type = type(kind)([None, len(operator.raw_operator.statistics_)])


def _imputer(scope: Any, operator: Any, container: Any) -> None:
    """Where(IsNaN(x), statistics, x)."""
    from skl2onnx.common.data_types import guess_proto_type  # noqa: PLC0415 - as above

    rows, filled = operator.inputs[0], operator.outputs[0].full_name
    missing, means = scope.get_unique_variable_name("missing"), scope.get_unique_variable_name("means")
    statistics = operator.raw_operator.statistics_
    container.add_initializer(means, guess_proto_type(rows.type), [1, len(statistics)], statistics)
    container.add_node("IsNaN", [rows.full_name], [missing], name=scope.get_unique_operator_name("missing"))
    container.add_node("Where", [missing, means, rows.full_name], [filled], name=scope.get_unique_operator_name("fill"))
