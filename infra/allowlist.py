"""What a model file may contain: a fixed list of types, checked before anything of the file is built."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from schemas.errors import Refused

MAX_BYTES = 256_000_000
"""The largest model file, as stored and as unpacked."""

_MAX_TREE = 64_000_000
"""Bytes of the file's tree of types at most."""

TYPES = frozenset(
    {
        "builtins.bool", "builtins.dict", "builtins.float", "builtins.int", "builtins.list", "builtins.slice",
        "builtins.str", "builtins.tuple",
        "functools.partial",  # HistGradientBoosting keeps partial(check_array): the one function below
        "sklearn.utils.validation.check_array",
        "numpy.bool", "numpy.dtype", "numpy.float32", "numpy.float64", "numpy.int32", "numpy.int64", "numpy.int8",
        "numpy.ndarray", "numpy.uint32", "numpy.uint64", "numpy.uint8",
        "numpy.random._generator.Generator", "numpy.random.mtrand.RandomState",
        "scipy.sparse._csr.csr_matrix",
        "sklearn._loss._loss.CyHalfBinomialLoss", "sklearn._loss.link.Interval", "sklearn._loss.link.LogitLink",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn.compose._column_transformer.ColumnTransformer",
        "sklearn.dummy.DummyClassifier",
        "sklearn.ensemble._forest.ExtraTreesClassifier", "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.ensemble._gb.GradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.impute._base.SimpleImputer",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.linear_model._stochastic_gradient.SGDClassifier",
        "sklearn.naive_bayes.GaussianNB",
        "sklearn.neural_network._multilayer_perceptron.MLPClassifier",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.preprocessing._encoders.OneHotEncoder", "sklearn.preprocessing._encoders.OrdinalEncoder",
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
        "sklearn.preprocessing._label.LabelBinarizer", "sklearn.preprocessing._label.LabelEncoder",
        "sklearn.tree._classes.DecisionTreeClassifier", "sklearn.tree._classes.DecisionTreeRegressor",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "sklearn.tree._tree.Tree",
    }
)  # fmt: skip
"""Every type of the pipelines that training makes; skops' own defaults are wider and are narrowed to this."""

LOADERS = frozenset(
    {
        "DTypeNode", "DictNode", "FunctionNode", "JsonNode", "ListNode", "LossNode", "NdArrayNode", "ObjectNode",
        "PartialNode", "RandomGeneratorNode", "RandomStateNode", "SliceNode", "SparseMatrixNode", "TreeNode",
        "TupleNode", "TypeNode",
    }
)  # fmt: skip
"""The ways in which a node may be built. Methods, operators and reductions are not among them."""


def check(path: Path) -> None:
    """Refuses a model file that is not skops, is too large, or holds anything outside TYPES and LOADERS.

    Raises:
        Refused: with the file and what was found in it; nothing of the file was built.
    """
    try:
        tree = msgspec.json.decode(_tree(path))
    except (OSError, zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError, msgspec.DecodeError) as error:
        raise Refused(f"{path}: not a skops file ({error}). Only models in skops format are loaded") from error
    strange = sorted({name for node in _nodes(tree) for name in _strange(node)})
    if strange:
        raise Refused(
            f"{path}: holds {', '.join(strange[:5])}, which no model of this product needs. It was not loaded; "
            "register a model that `leeway` trained"
        )


def _tree(path: Path) -> bytes:
    """The file's tree of types, its sizes checked first."""
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise Refused(f"{path}: {size} bytes, above the limit of {MAX_BYTES}. It was not loaded")
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > MAX_BYTES or archive.getinfo("schema.json").file_size > _MAX_TREE:
            raise Refused(f"{path}: unpacks to {unpacked} bytes, above the limit of {MAX_BYTES}. It was not loaded")
        return archive.read("schema.json")


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of the tree, without recursion: a hostile file may be nested deeply."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _strange(node: dict[str, Any]) -> Iterator[str]:
    if "__class__" in node or "__module__" in node:
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        if name not in TYPES:
            yield f"the type {name}"
    if "__loader__" in node and node["__loader__"] not in LOADERS:
        yield f"the loader {node['__loader__']}"
