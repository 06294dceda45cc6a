"""Smaller variants: what they are, which is taken, and that the gate and the scorers get that one."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.training import compress, version
from consumers.training.dataset import Dataset, with_vocabulary
from consumers.training.job import Result
from consumers.training.pipeline import fitted
from consumers.training.selection import select
from infra import bundle
from infra.serving import ServingModel, interpreted, scorer
from schemas.declaration import Declaration, parse
from schemas.errors import Refused
from schemas.messages import ModelRef
from support.labelled import DAY, FOREST, LINE, TREES, dataset, rows, text

BOOSTED = ("sklearn.ensemble:GradientBoostingClassifier", "{ n_estimators = 20 }")
LONG = ("sklearn.ensemble:HistGradientBoostingClassifier", "{ max_iter = 64, min_samples_leaf = 5 }")
NETWORK = ("sklearn.neural_network:MLPClassifier", '{ max_iter = 40, tol = 0.01, solver = "lbfgs" }')


def declared(model: tuple[str, str], kind: str, loss: float = 0.001) -> Declaration:
    keys = f'\nbaseline = "first"\ncompress = "{kind}"\ncompress_loss = {loss}\n'.encode()
    return parse(text("small", model).replace(b'\nbaseline = "first"\n', keys), "small.toml")


def history(days: int = 12) -> Dataset:
    return dataset(rows(days, turn=100), days * DAY)


def made(folder: Path, declaration: Declaration, champion: ServingModel | None = None) -> tuple[Result, ServingModel]:
    result = version.make(folder, declaration, history(), champion, lambda _: None)
    ref = ModelRef(
        version=1, run_id="", model_sha256=result.model_sha256, contract_sha256=result.contract_sha256,
        trained_until=result.trained_until,
    )  # fmt: skip
    return result, bundle.load(folder, ref)


@pytest.mark.parametrize("model", [TREES, BOOSTED], ids=["histograms", "exact"])
def test_a_pruned_booster_scores_as_it_did_at_that_stage(model: tuple[str, str]) -> None:
    declaration = declared(model, "prune")
    data = with_vocabulary(history(6), declaration, 200)
    whole = fitted(declaration, {"color": data.values["color"]}, data.rows, data.labels)
    ready = data.rows
    for _, step in whole.steps[1:-1]:
        ready = step.transform(ready)
    stages = [stage[:, 1] for stage in whole.steps[-1][1].staged_predict_proba(ready)]
    for share in compress.SHARES.values():
        small = compress.pruned(whole, share)
        kept = max(1, round(share * len(stages)))
        np.testing.assert_allclose(scorer(small)(data.rows), stages[kept - 1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(interpreted(small)(data.rows), stages[kept - 1], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(interpreted(whole)(data.rows), stages[-1])


def test_a_pruned_forest_is_the_mean_of_its_first_trees() -> None:
    declaration = declared(FOREST, "prune")
    data = with_vocabulary(history(6), declaration, 200)
    whole = fitted(declaration, {"color": data.values["color"]}, data.rows, data.labels)
    ready = whole.steps[1][1].transform(data.rows)
    trees = [tree.predict_proba(ready)[:, 1] for tree in whole.steps[-1][1].estimators_]
    small = scorer(compress.pruned(whole, 0.5))(data.rows)
    np.testing.assert_allclose(small, np.mean(trees[:2], axis=0), rtol=0, atol=1e-7)


@given(st.lists(st.one_of(st.floats(0, 2), st.just(float("nan"))), max_size=5), st.floats(0, 2))
def test_the_smallest_that_loses_no_more_than_allowed_is_taken(losses: list[float], allowed: float) -> None:
    named = {str(place): loss for place, loss in enumerate(losses)}
    chosen = compress.smallest(named, allowed)
    if chosen is None:
        assert not any(loss <= allowed for loss in losses)
    else:
        assert named[chosen] <= allowed
        assert not any(loss <= allowed for loss in losses[: int(chosen)])


@pytest.mark.parametrize("allowed", [10.0, 0.0])
def test_the_variant_is_judged_by_its_own_scores_out_of_fold(allowed: float) -> None:
    declaration = declared(TREES, "prune", allowed)
    data = with_vocabulary(history(), declaration, 200)
    fit = version.pipelines(declaration, data)
    with ThreadPoolExecutor(1) as pool:
        before = select(data, declaration.retrain, version.fitter(declaration, data), 0, pool)
        weighed = compress.weigh(declaration, data, before, fit, pool)
    assert weighed.whole == before.losses[before.chosen]
    assert list(weighed.losses) == [f"{name} of the trees" for name in compress.SHARES]
    after = weighed.selection
    if weighed.chosen is None:
        assert after is before
        assert min(weighed.losses.values()) > weighed.whole
    else:
        assert after.losses[after.chosen] == weighed.losses[weighed.chosen] <= weighed.whole + allowed
        assert not np.array_equal(after.scores[after.chosen], before.scores[before.chosen])
    assert (weighed.chosen == "an eighth of the trees") or allowed == 0


def test_a_pruned_version_is_served_smaller_and_tells_of_it(tmp_path: Path) -> None:
    folders = tmp_path / "whole", tmp_path / "small"
    for folder in folders:
        folder.mkdir()
    whole, _ = made(folders[0], declared(LONG, "none"))
    small, model = made(folders[1], declared(LONG, "prune", 10.0))
    assert (whole.params["compressed"], small.params["compressed"]) == ("none", "an eighth of the trees")
    assert small.metrics["serving_bytes"] < whole.metrics["serving_bytes"]
    assert small.metrics["log_loss_uncompressed"] == pytest.approx(whole.metrics["log_loss"])
    assert small.metrics["log_loss"] == small.metrics["log_loss_an_eighth_of_the_trees"]
    assert model.contract.onnx_sha256 is None
    assert (folders[1] / bundle.MODEL).stat().st_size == small.metrics["serving_bytes"]


def test_a_quantised_version_serves_the_graph_that_was_judged(tmp_path: Path) -> None:
    result, model = made(tmp_path, declared(NETWORK, "quantise", 10.0))
    assert (result.params["served_by"], result.params["compressed"]) == ("onnx-int8", "int8")
    assert result.metrics["log_loss"] == result.metrics["log_loss_int8"]
    assert result.metrics["score_difference_onnx_int8"] > bundle.EQUAL
    assert model.contract.onnx_sha256 == bundle.sha256(tmp_path / bundle.ONNX)


def test_a_variant_that_loses_too_much_is_not_served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coin = compress.Compressed
    monkeypatch.setattr(coin, "score", property(lambda _: lambda asked: np.full(len(asked), 0.5)))
    result, model = made(tmp_path, declared(NETWORK, "quantise"))
    assert result.params["compressed"] == "none"
    assert result.metrics["log_loss_int8"] == pytest.approx(np.log(2))
    assert result.metrics["log_loss"] == result.metrics["log_loss_uncompressed"]
    assert model.predict(bundle.rows(model.contract.probe)).std() > 0


def test_the_gate_judges_the_variant_and_not_the_recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "champion"
    folder.mkdir()
    declaration = declared(LONG, "none")
    early = dataset(rows(12, turn=100), 6 * DAY)
    first = version.make(folder, declaration, early, None, lambda _: None)
    ref = ModelRef(
        version=1, run_id="", model_sha256=first.model_sha256, contract_sha256=first.contract_sha256,
        trained_until=first.trained_until,
    )  # fmt: skip
    champion = bundle.load(folder, ref)
    monkeypatch.setattr(compress.Compressed, "score", property(lambda _: lambda asked: np.full(len(asked), 0.5)))
    result = version.make(tmp_path, declared(LONG, "prune", 10.0), history(), champion, lambda _: None)
    assert result.gate is not None
    assert result.gate.challenger == pytest.approx(np.log(2))
    assert not result.gate.passed
    assert result.model_sha256 == ""


@pytest.mark.parametrize(
    ("model", "kind", "message"),
    [
        (LINE, "prune", "'prune' is for HistGradientBoostingClassifier, .*not for sklearn.linear_model"),
        (TREES, "quantise", "'quantise' is for MLPClassifier, not for sklearn.ensemble"),
        (TREES, "squeeze", "allowed: none, prune, quantise"),
    ],
)
def test_what_cannot_be_compressed_is_refused_in_the_declaration(
    model: tuple[str, str], kind: str, message: str
) -> None:
    with pytest.raises(Refused, match=message):
        declared(model, kind)


def test_a_loss_below_nothing_is_refused() -> None:
    with pytest.raises(Refused, match=r"model\.compress_loss"):
        declared(TREES, "prune", -0.1)


def test_without_the_key_nothing_is_compressed() -> None:
    assert msgspec.to_builtins(parse(text("plain"), "plain.toml").model)["compress"] == "none"
