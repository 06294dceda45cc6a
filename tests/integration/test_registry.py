"""The registry on a real MLflow: what is registered is what scorers get, byte for byte."""

import uuid
from pathlib import Path

import msgspec
import numpy as np
import pytest

from consumers.training import version, ways
from consumers.training.job import Result
from infra import bundle, modelcache, registry
from infra.embedded import Endpoints
from infra.registry import Registry
from schemas.errors import Refused, Unavailable
from support.labelled import DAY, LINE, dataset, declaration, rows


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("bundle")
    return folder, version.make(folder, declaration(), dataset(rows(12, turn=100), 12 * DAY), None, lambda _: None)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """A version that is served by ONNX, however busy this machine is."""
    folder = tmp_path_factory.mktemp("exported")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ways, "fastest", lambda times: next(name for name in times if "onnx" in name))
        data = dataset(rows(12, turn=100), 12 * DAY)
        return folder, version.make(folder, declaration(model=LINE), data, None, lambda _: None)


@pytest.fixture
def stream() -> str:
    return f"r{uuid.uuid4().hex[:10]}"


def tags(result: Result, retrain: str = "event-1") -> dict[str, str]:
    return {
        "retrain": retrain,
        "event": "event",
        "model_sha256": result.model_sha256,
        "contract_sha256": result.contract_sha256,
        "trained_until": str(result.trained_until),
    }


def test_a_version_goes_round(servers: Endpoints, made: tuple[Path, Result], stream: str, tmp_path: Path) -> None:
    folder, result = made
    found = Registry(servers.mlflow, stream)
    assert found.champion() is None
    assert found.versions() == []
    ref = found.register(folder, declaration(), tags(result), {"a": "b"}, {"log_loss": 0.5}, result.pictures)
    assert (ref.version, ref.model_sha256) == (1, result.model_sha256)
    assert found.champion() is None
    found.point(ref.version, None)
    assert found.champion() == ref
    model = registry.load(ref, found, tmp_path)
    np.testing.assert_allclose(
        model.predict(bundle.rows(model.contract.probe)), model.contract.probe_scores, rtol=0, atol=1e-9
    )
    assert (tmp_path / f"{ref.model_sha256}-{ref.contract_sha256[:16]}" / bundle.MODEL).read_bytes() == (
        folder / bundle.MODEL
    ).read_bytes()


def test_the_same_retrain_registers_once(servers: Endpoints, made: tuple[Path, Result], stream: str) -> None:
    folder, result = made
    found = Registry(servers.mlflow, stream)
    first = found.register(folder, declaration(), tags(result), {}, {})
    assert found.register(folder, declaration(), tags(result), {}, {}) == first
    assert found.version("event-1") == first
    second = found.register(folder, declaration(), tags(result, "event-2"), {}, {})
    assert found.versions() == [first, second]
    found.point(second.version, first.version)
    assert found.champion() == second


def test_any_user_of_mlflow_can_load_it(servers: Endpoints, made: tuple[Path, Result], stream: str) -> None:
    import mlflow  # noqa: PLC0415 - as its user would, and only here
    from mlflow.artifacts import download_artifacts  # noqa: PLC0415 - as above

    folder, result = made
    found = Registry(servers.mlflow, stream)
    ref = found.register(folder, declaration(), tags(result), {}, {})
    found.point(ref.version, None)
    mlflow.set_tracking_uri(servers.mlflow)
    model = mlflow.sklearn.load_model(f"models:/{stream}@champion")
    contract = registry.load(ref, found, folder / "cache").contract
    frame = bundle.frame(contract, bundle.rows(contract.probe))
    np.testing.assert_allclose(model.predict_proba(frame)[:, 1], contract.probe_scores, rtol=0, atol=1e-9)
    assert Path(download_artifacts(f"models:/{stream}@champion")).joinpath("contract.json").is_file()


def test_a_cached_version_needs_no_server(
    servers: Endpoints, made: tuple[Path, Result], stream: str, tmp_path: Path
) -> None:
    folder, result = made
    ref = Registry(servers.mlflow, stream).register(folder, declaration(), tags(result), {}, {})
    away = Registry("http://127.0.0.1:9", stream, patience_s=0.2)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        away.fetch(ref, tmp_path)
    modelcache.keep(folder, ref, tmp_path)
    assert registry.load(ref, away, tmp_path).ref == ref


def test_an_altered_cache_is_fetched_anew(
    servers: Endpoints, made: tuple[Path, Result], stream: str, tmp_path: Path
) -> None:
    folder, result = made
    found = Registry(servers.mlflow, stream)
    ref = found.register(folder, declaration(), tags(result), {}, {})
    cached = found.fetch(ref, tmp_path) / bundle.MODEL
    cached.write_bytes(b"something else")
    assert registry.load(ref, found, tmp_path).ref == ref
    assert bundle.sha256(cached) == ref.model_sha256


def test_what_the_registry_holds_must_have_the_hash_that_was_announced(
    servers: Endpoints, made: tuple[Path, Result], stream: str, tmp_path: Path
) -> None:
    folder, result = made
    found = Registry(servers.mlflow, stream)
    ref = found.register(folder, declaration(), tags(result), {}, {})
    other = msgspec.structs.replace(ref, model_sha256="0" * 64)
    with pytest.raises(Refused, match="0000"):
        found.fetch(other, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_version_in_onnx_goes_round_with_its_figures(
    servers: Endpoints, exported: tuple[Path, Result], stream: str, tmp_path: Path
) -> None:
    from mlflow.tracking import MlflowClient  # noqa: PLC0415 - as its user would

    folder, result = exported
    found = Registry(servers.mlflow, stream)
    ref = found.register(folder, declaration(model=LINE), tags(result), result.params, result.metrics)
    cached = found.fetch(ref, tmp_path)
    assert {path.name for path in cached.iterdir()} == {bundle.MODEL, bundle.CONTRACT, bundle.ONNX}
    assert (cached / bundle.ONNX).read_bytes() == (folder / bundle.ONNX).read_bytes()
    run = MlflowClient(servers.mlflow).get_run(ref.run_id).data
    assert run.params["served_by"].startswith("onnx-float")
    assert run.metrics["serving_bytes"] == (folder / bundle.ONNX).stat().st_size
    assert {"serving_us_per_1000_rows", "us_per_1000_rows_scikit_learn", "log_loss"} <= set(run.metrics)


def test_an_altered_graph_is_fetched_anew_and_never_used(
    servers: Endpoints, exported: tuple[Path, Result], stream: str, tmp_path: Path
) -> None:
    folder, result = exported
    found = Registry(servers.mlflow, stream)
    ref = found.register(folder, declaration(model=LINE), tags(result), {}, {})
    cached = found.fetch(ref, tmp_path) / bundle.ONNX
    original = cached.read_bytes()
    cached.write_bytes(original + b" ")
    assert registry.load(ref, found, tmp_path).ref == ref
    assert cached.read_bytes() == original
    cached.write_bytes(original + b" ")
    with pytest.raises(Unavailable):
        Registry("http://127.0.0.1:9", stream, patience_s=0.2).fetch(ref, tmp_path)
