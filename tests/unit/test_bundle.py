"""A version's files are loaded only as they were written: by hash, by type, by what they score."""

import io
import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import skops.io
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression

from consumers.training import version
from infra import allowlist, bundle
from infra.serving import ServingModel
from schemas import reference
from schemas.errors import Refused
from schemas.messages import ModelRef
from support.labelled import FOREST, LINE, TREES, dataset, declaration, rows


@pytest.fixture(scope="module", params=[TREES, LINE, FOREST], ids=["trees", "line", "forest"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ModelRef]:
    folder = tmp_path_factory.mktemp("made")
    found = dataset(rows(12, turn=100), 12 * 86_400_000)
    result = version.make(folder, declaration(model=request.param), found, None, lambda _: None)
    ref = ModelRef(
        version=1,
        run_id="run",
        model_sha256=result.model_sha256,
        contract_sha256=result.contract_sha256,
        trained_until=result.trained_until,
    )
    return folder, ref


@pytest.fixture
def copy(made: tuple[Path, ModelRef], tmp_path: Path) -> tuple[Path, ModelRef]:
    folder, ref = made
    for name in bundle.files(folder, ref):
        shutil.copy(folder / name, tmp_path / name)
    return tmp_path, ref


def altered(folder: Path, ref: ModelRef) -> ModelRef:
    """The reference that an attacker who controls registry and files would give."""
    return msgspec.structs.replace(
        ref,
        model_sha256=bundle.sha256(folder / bundle.MODEL),
        contract_sha256=bundle.sha256(folder / bundle.CONTRACT),
    )


def test_what_is_written_loads_and_scores_the_same(made: tuple[Path, ModelRef]) -> None:
    folder, ref = made
    model = bundle.load(folder, ref)
    assert isinstance(model, ServingModel)
    assert model.ref == ref
    assert model.codes["color"] == {value: i for i, value in enumerate(model.contract.categories["color"])}
    np.testing.assert_allclose(
        model.predict(bundle.rows(model.contract.probe)), model.contract.probe_scores, rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("name", [bundle.MODEL, bundle.CONTRACT])
def test_one_changed_byte_is_refused_by_name_and_both_hashes(copy: tuple[Path, ModelRef], name: str) -> None:
    folder, ref = copy
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    expected = ref.model_sha256 if name == bundle.MODEL else ref.contract_sha256
    with pytest.raises(Refused, match=name) as refusal:
        bundle.load(folder, ref)
    assert expected in str(refusal.value)
    assert bundle.sha256(folder / name) in str(refusal.value)


def test_a_missing_file_is_refused(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    (folder / bundle.MODEL).unlink()
    with pytest.raises(Refused, match="cannot be read"):
        bundle.load(folder, ref)


def test_a_pickle_is_refused_and_not_run(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    witness = folder / "witness"

    class Hostile:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return Path.touch.__get__(witness), ()  # type: ignore[return-value] # what pickle calls when loaded

    (folder / bundle.MODEL).write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(Refused, match="not a skops file"):
        bundle.load(folder, altered(folder, ref))
    assert not witness.exists()


def test_a_type_outside_the_list_is_refused_whatever_skops_thinks_of_it(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    assert not skops.io.get_untrusted_types(data=skops.io.dumps(KMeans()))
    skops.io.dump(KMeans(), folder / bundle.MODEL)
    with pytest.raises(Refused, match="KMeans"):
        bundle.load(folder, altered(folder, ref))


def test_a_function_hidden_in_the_tree_is_refused(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    _rewrite(
        folder / bundle.MODEL,
        {"__class__": "system", "__module__": "posix", "__loader__": "FunctionNode", "__id__": 1},
    )
    with pytest.raises(Refused, match=r"posix\.system"):
        bundle.load(folder, altered(folder, ref))


def test_a_way_of_building_outside_the_list_is_refused(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    node = {"__class__": "dict", "__module__": "builtins", "__loader__": "ReduceNode", "__id__": 1}
    _rewrite(folder / bundle.MODEL, node)
    with pytest.raises(Refused, match="ReduceNode"):
        bundle.load(folder, altered(folder, ref))


def test_a_file_that_unpacks_to_too_much_is_refused(
    copy: tuple[Path, ModelRef], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, ref = copy
    monkeypatch.setattr(allowlist, "MAX_BYTES", (folder / bundle.MODEL).stat().st_size + 1000)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("zeros.npy", bytes(50_000_000))
    (folder / bundle.MODEL).write_bytes(buffer.getvalue())
    with pytest.raises(Refused, match="unpacks to"):
        bundle.load(folder, altered(folder, ref))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"features": ["x", "n", "color"]}, "reference does not list"),
        ({"probe": [[1.0]]}, "probe rows"),
        ({"trained_until": 5}, "trained until 5"),
        ({"categories": {"sound": ["loud"]}}, "does not list"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(
    copy: tuple[Path, ModelRef], change: dict[str, Any], message: str
) -> None:
    folder, ref = copy
    contract = reference.decode((folder / bundle.CONTRACT).read_bytes())
    (folder / bundle.CONTRACT).write_bytes(reference.encode(msgspec.structs.replace(contract, **change)))
    with pytest.raises(Refused, match=message):
        bundle.load(folder, altered(folder, ref))


def test_a_model_that_scores_its_probe_otherwise_is_refused(copy: tuple[Path, ModelRef]) -> None:
    folder, ref = copy
    contract = reference.decode((folder / bundle.CONTRACT).read_bytes())
    allowed = bundle.EQUAL if contract.onnx_sha256 else bundle.TOLERANCE
    scores = [score + 2 * allowed for score in contract.probe_scores]
    (folder / bundle.CONTRACT).write_bytes(reference.encode(msgspec.structs.replace(contract, probe_scores=scores)))
    with pytest.raises(Refused, match="probe rows"):
        bundle.load(folder, altered(folder, ref))


def test_an_estimator_outside_the_list_cannot_be_written(tmp_path: Path) -> None:
    skops.io.dump(KMeans(), tmp_path / bundle.MODEL)
    with pytest.raises(Refused, match="no model of this product needs"):
        allowlist.check(tmp_path / bundle.MODEL)


def test_the_list_lets_a_plain_model_pass(tmp_path: Path) -> None:
    skops.io.dump(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), tmp_path / bundle.MODEL)
    allowlist.check(tmp_path / bundle.MODEL)


def _rewrite(path: Path, node: dict[str, Any]) -> None:
    """Hides a node deep in the file's tree."""
    with zipfile.ZipFile(path) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    tree = json.loads(entries["schema.json"])
    tree["content"]["hidden"] = [[{"deep": node}]]
    entries["schema.json"] = json.dumps(tree).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
