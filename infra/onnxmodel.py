"""A version's estimator in ONNX: what such a file may hold, and calling it. Loaded only where a version has one."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from infra.boosting import Floats

INPUT, OUTPUT = "rows", "probabilities"
"""The graph's only input, float64 (n, features) as the contract says, and its only output, (n, 2)."""
MAX_BYTES = 256_000_000
OPERATORS = frozenset(
    {
        "Abs", "Add", "Cast", "Clip", "Concat", "Div", "Exp", "Flatten", "Gather", "Gemm", "Identity", "IsNaN",
        "MatMul", "Mul", "Pow", "ReduceLogSumExp", "ReduceSum", "Relu", "Reshape", "Sigmoid", "Softmax", "Sub", "Tanh",
        "Where", "DequantizeLinear", "QuantizeLinear",
        "ArrayFeatureExtractor", "LinearClassifier", "Normalizer", "OneHotEncoder", "Scaler", "TreeEnsembleClassifier",
        "TreeEnsembleRegressor",
    }
)  # fmt: skip
"""Arithmetic on the rows. Loops, branches, random numbers and sequences are not among them."""
_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml"})


def check(content: bytes, features: int) -> None:
    """Refuses what is more than arithmetic from `features` columns to two probabilities; nothing of it has run then.

    Raises:
        ValueError: saying what was found.
    """
    import onnx  # noqa: PLC0415 - only processes that meet such a version load it

    if len(content) > MAX_BYTES:
        raise ValueError(f"{len(content)} bytes, above the limit of {MAX_BYTES}")
    model = onnx.load_model_from_string(content)
    strange = sorted(set(_strange(model)))
    if strange:
        raise ValueError(f"holds {', '.join(strange[:5])}, which no model of this product needs")
    inputs = [(one.name, [axis.dim_value for axis in one.type.tensor_type.shape.dim][1:]) for one in model.graph.input]
    if inputs != [(INPUT, [features])] or [one.name for one in model.graph.output] != [OUTPUT]:
        raise ValueError(f"does not lead from {features} features, {INPUT!r}, to {OUTPUT!r} alone")


def scorer(content: bytes) -> Callable[[Floats], Floats]:
    """The probability of class 1 as a function of (n, k) rows, by one thread: a scorer has its own for each core."""
    import onnxruntime  # noqa: PLC0415 - as above

    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors; what goes wrong is raised as well
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])

    def score(rows: Floats) -> Floats:
        (both,) = session.run([OUTPUT], {INPUT: np.ascontiguousarray(rows)})
        return np.ascontiguousarray(both[:, 1], dtype=np.float64)

    return score


def _strange(model: Any) -> Iterator[str]:
    """What lies outside the list: operators, functions, graphs within nodes, and weights kept in other files."""
    if len(model.functions):
        yield "functions"
    tensors = [*model.graph.initializer]
    if len(model.graph.sparse_initializer):
        yield "sparse weights"
    for node in model.graph.node:
        if node.op_type not in OPERATORS or node.domain not in _DOMAINS:
            yield f"the operator {node.domain}:{node.op_type}".replace(" :", " ")
        for attribute in node.attribute:
            tensors += [attribute.t, *attribute.tensors]
            if attribute.HasField("g") or len(attribute.graphs):
                yield f"a graph within {node.op_type}"
    if any(len(tensor.external_data) or tensor.data_location for tensor in tensors):
        yield "weights kept in another file"
