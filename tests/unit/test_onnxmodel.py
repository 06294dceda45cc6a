"""A version in ONNX: its file is refused unless it is what was registered and nothing but arithmetic."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from consumers.training import version, ways
from infra import bundle, onnxmodel
from schemas import reference
from schemas.errors import Refused
from schemas.messages import ModelRef
from support.labelled import DAY, LINE, TREES, dataset, declaration, rows

Change = Callable[[onnx.ModelProto], object]


def made_of(folder: Path, model: tuple[str, str]) -> ModelRef:
    result = version.make(folder, declaration(model=model), dataset(rows(12, turn=100), 12 * DAY), None, lambda _: None)
    return ModelRef(
        version=1, run_id="", model_sha256=result.model_sha256, contract_sha256=result.contract_sha256,
        trained_until=result.trained_until,
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelRef]:
    """A logistic regression, served by ONNX however busy this machine is."""
    folder = tmp_path_factory.mktemp("line")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "fastest", lambda times: next(name for name in times if "onnx" in name))
        return folder, made_of(folder, LINE)


@pytest.fixture
def copy(made: tuple[Path, ModelRef], tmp_path: Path) -> tuple[Path, ModelRef]:
    folder, ref = made
    for name in bundle.files(folder, ref):
        shutil.copy(folder / name, tmp_path / name)
    return tmp_path, ref


def announced(folder: Path, ref: ModelRef) -> ModelRef:
    """What an attacker who controls registry and files would announce for the ONNX file that lies there."""
    contract = reference.decode((folder / bundle.CONTRACT).read_bytes())
    contract = msgspec.structs.replace(contract, onnx_sha256=bundle.sha256(folder / bundle.ONNX))
    (folder / bundle.CONTRACT).write_bytes(reference.encode(contract))
    return msgspec.structs.replace(ref, contract_sha256=bundle.sha256(folder / bundle.CONTRACT))


def test_it_is_a_file_of_the_version_and_loads(made: tuple[Path, ModelRef]) -> None:
    folder, ref = made
    assert set(bundle.files(folder, ref)) == {bundle.MODEL, bundle.CONTRACT, bundle.ONNX}
    model = bundle.load(folder, ref)
    gap = np.abs(model.predict(bundle.rows(model.contract.probe)) - model.contract.probe_scores)
    assert gap.max() <= bundle.EQUAL


def test_compiled_trees_have_no_such_file(tmp_path: Path) -> None:
    ref = made_of(tmp_path, TREES)
    assert set(bundle.files(tmp_path, ref)) == {bundle.MODEL, bundle.CONTRACT}
    assert not (tmp_path / bundle.ONNX).exists()


def test_one_changed_byte_is_refused_by_name_and_both_hashes(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    content = bytearray((folder / bundle.ONNX).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / bundle.ONNX).write_bytes(content)
    with pytest.raises(Refused, match=bundle.ONNX) as refusal:
        bundle.load(folder, ref)
    assert bundle.files(folder, ref)[bundle.ONNX] in str(refusal.value)
    assert bundle.sha256(folder / bundle.ONNX) in str(refusal.value)


def test_a_missing_file_is_refused_and_nothing_else_serves(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    (folder / bundle.ONNX).unlink()
    with pytest.raises(Refused, match="cannot be read"):
        bundle.load(folder, ref)


def add_loop(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Identity", [onnxmodel.INPUT], ["same"], body=body))


def keep_outside(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="elsewhere")


def rename_domain(model: onnx.ModelProto) -> None:
    model.graph.node[0].domain = "com.example"


def second_output(model: onnx.ModelProto) -> None:
    model.graph.output.append(helper.make_tensor_value_info("more", TensorProto.DOUBLE, [None]))


HOSTILE: list[tuple[Change, str]] = [
    (lambda model: model.graph.node.append(helper.make_node("RandomNormal", [], ["noise"], shape=[1])), "RandomNormal"),
    (add_loop, "a graph within Identity"),
    (keep_outside, "weights kept in another file"),
    (rename_domain, "com.example"),
    (second_output, "does not lead from 4 features"),
    (lambda model: model.graph.input[0].type.tensor_type.shape.dim[1].__setattr__("dim_value", 3), "4 features"),
    (lambda model: model.functions.add(name="own", domain="own"), "functions"),
]


@pytest.mark.parametrize(("change", "message"), HOSTILE, ids=[message for _, message in HOSTILE])
def test_more_than_arithmetic_is_refused_whatever_the_hashes_say(
    copy: tuple[Path, ModelRef], change: Change, message: str
) -> None:
    folder, ref = copy
    model = onnx.load_model_from_string((folder / bundle.ONNX).read_bytes())
    change(model)
    (folder / bundle.ONNX).write_bytes(model.SerializeToString())
    with pytest.raises(Refused, match=message):
        bundle.load(folder, announced(folder, ref))


def test_what_is_no_graph_is_refused(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    (folder / bundle.ONNX).write_bytes(b"\xff" * 1000)
    with pytest.raises(Refused, match="cannot be loaded"):
        bundle.load(folder, announced(folder, ref))


def test_too_large_a_file_is_refused(copy: tuple[Path, ModelRef], monkeypatch: pytest.MonkeyPatch) -> None:
    folder, ref = copy
    monkeypatch.setattr(onnxmodel, "MAX_BYTES", 100)
    with pytest.raises(Refused, match="above the limit of 100"):
        bundle.load(folder, ref)


def test_a_graph_that_scores_otherwise_is_refused(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    model = onnx.load_model_from_string((folder / bundle.ONNX).read_bytes())
    bias = next(one for one in model.graph.initializer if "intercept" in one.name)
    moved = onnx.numpy_helper.to_array(bias) + 1e-3
    bias.CopyFrom(onnx.numpy_helper.from_array(moved, bias.name))
    (folder / bundle.ONNX).write_bytes(model.SerializeToString())
    with pytest.raises(Refused, match="probe rows"):
        bundle.load(folder, announced(folder, ref))


def test_without_onnxruntime_it_is_refused_with_what_to_do(
    copy: tuple[Path, ModelRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, ref = copy
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(Refused, match=r"install requirements/runtime\.txt"):
        bundle.load(folder, ref)


def test_each_way_to_serve_loads_only_what_it_needs(made: tuple[Path, ModelRef], tmp_path: Path) -> None:
    loaded = """
import sys, msgspec
from pathlib import Path
from infra import bundle
from schemas.messages import ModelRef
bundle.load(Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=ModelRef))
print(*({"sklearn", "skops", "onnxruntime", "onnx", "skl2onnx"} & set(sys.modules)))
"""
    found = []
    for folder, ref in (made, (tmp_path, made_of(tmp_path, TREES))):
        argv = [sys.executable, "-c", loaded, str(folder), msgspec.json.encode(ref).decode()]
        found.append(set(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()))
    assert found == [{"onnx", "onnxruntime"}, {"sklearn", "skops"}]
