"""Which way serves: only one that gives the model's scores, and only if it is faster beyond noise."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers.training import export, timing, ways
from consumers.training.dataset import with_vocabulary
from consumers.training.pipeline import fitted
from infra import onnxmodel
from infra.boosting import Floats
from infra.bundle import EQUAL
from infra.serving import interpreted, scorer
from schemas.errors import Refused
from support.labelled import DAY, FOREST, LINE, TREES, dataset, declaration, rows

EXPORTED = {
    "line": LINE,
    "forest": FOREST,
    "extra trees": ("sklearn.ensemble:ExtraTreesClassifier", "{ n_estimators = 5 }"),
    "boosted": ("sklearn.ensemble:GradientBoostingClassifier", "{ n_estimators = 5 }"),
    "tree": ("sklearn.tree:DecisionTreeClassifier", "{ max_depth = 5 }"),
    "descent": ("sklearn.linear_model:SGDClassifier", '{ loss = "log_loss" }'),
    "bayes": ("sklearn.naive_bayes:GaussianNB", "{}"),
    "network": (
        "sklearn.neural_network:MLPClassifier",
        '{ max_iter = 40, tol = 0.01, solver = "lbfgs", hidden_layer_sizes = 1000 }',
    ),
}
DUMMY = ("sklearn.dummy:DummyClassifier", "{}")
number = st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6), st.floats(-1e30, 1e30))
color, switch = st.sampled_from([0.0, 1.0, 2.0, float("nan")]), st.sampled_from([0.0, 1.0])
row = st.tuples(number, st.integers(-3, 8).map(float), color, switch)


@cache
def pipeline(model: tuple[str, str]) -> tuple[Any, Floats]:
    """A fitted pipeline and the rows it was fitted on."""
    declared = declaration(model=model)
    data = with_vocabulary(dataset(rows(6, turn=100), 6 * DAY), declared, 200)
    return fitted(declared, {"color": data.values["color"]}, data.rows, data.labels), data.rows


@cache
def graphs(name: str) -> dict[str, Callable[[Floats], Floats]]:
    """The ways by ONNX that are equal to the model of this name on the rows that it was fitted on."""
    whole, known = pipeline(EXPORTED[name])
    return {way: made.score for way, made in ways.choose(whole, known).ways.items() if "onnx" in way}


@pytest.mark.parametrize("name", EXPORTED)
def test_every_estimator_has_an_equal_graph(name: str) -> None:
    assert graphs(name)


@pytest.mark.parametrize("name", sorted(set(EXPORTED) - {"bayes", "descent", "line", "network"}))
@settings(max_examples=25)
@given(given_rows=st.lists(row, min_size=1, max_size=20))
def test_trees_in_onnx_score_any_row_as_scikit_learn_does(name: str, given_rows: list[tuple[float, ...]]) -> None:
    coded = np.array(given_rows)
    expected = interpreted(pipeline(EXPORTED[name])[0])(coded)
    for score in graphs(name).values():
        np.testing.assert_allclose(score(coded), expected, rtol=0, atol=EQUAL)


@pytest.mark.parametrize("name", ["bayes", "descent", "line", "network"])
@settings(max_examples=25)
@given(given_rows=st.lists(row, min_size=1, max_size=20))
def test_arithmetic_in_onnx_scores_any_row_as_scikit_learn_does(name: str, given_rows: list[tuple[float, ...]]) -> None:
    coded = np.clip(np.array(given_rows), -1e6, 1e6)
    expected = interpreted(pipeline(EXPORTED[name])[0])(coded)
    np.testing.assert_allclose(graphs(name)["onnx-float64"](coded), expected, rtol=0, atol=EQUAL)


def test_thresholds_between_two_float32_numbers_lead_to_the_same_leaves() -> None:
    whole, known = pipeline(EXPORTED["tree"])
    tree = whole.steps[-1][1].tree_
    scaler = whole.named_steps["prepare"].named_transformers_["numbers"].named_steps["scale"]
    edges = tree.threshold[tree.feature == 0] * scaler.scale_[0] + scaler.mean_[0]
    near = np.concatenate([edges + step * 1e-9 for step in range(-20, 21)])
    close = np.repeat(known[:1], len(near), axis=0)
    close[:, 0] = near
    np.testing.assert_allclose(graphs("tree")["onnx-float32"](close), interpreted(whole)(close), rtol=0, atol=EQUAL)


def test_compiled_trees_serve_wherever_they_exist() -> None:
    found = ways.choose(*pipeline(TREES))
    assert (found.name, set(found.ways), found.faults) == ("kernel", {"scikit-learn", "kernel"}, {})
    assert found.way.difference == 0
    assert set(found.times["kernel"]) == set(timing.SIZES)


def test_compiled_trees_that_score_otherwise_stop_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, known = pipeline(TREES)
    model = scorer(whole)
    monkeypatch.setattr(ways, "kernel", lambda _: lambda asked: model(asked) + 2 * EQUAL)
    with pytest.raises(Refused, match="compiled trees gives scores up to 2e-06"):
        ways.choose(whole, known)


def test_what_cannot_be_converted_is_served_without_and_the_reason_is_kept() -> None:
    found = ways.choose(*pipeline(DUMMY))
    assert found.name == "scikit-learn"
    assert set(found.faults) == {"onnx-float64"}
    assert "DummyClassifier" in found.faults["onnx-float64"]


def test_a_way_that_is_not_faster_does_not_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "timed", lambda found, _: {name: {1000: 5.0, 4000: 5.0} for name in found})
    assert ways.choose(*pipeline(LINE)).name == "scikit-learn"


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(1, 100)), min_size=1, max_size=4))
def test_the_fastest_beats_the_first_at_every_size_or_is_the_first(times: list[tuple[float, float]]) -> None:
    named = {str(place): dict(zip(timing.SIZES, pair, strict=True)) for place, pair in enumerate(times)}
    best = timing.fastest(named)
    assert best == "0" or all(named[best][size] < timing.MARGIN * named["0"][size] for size in timing.SIZES)


def model_and(change: Callable[[Floats, Floats], Floats]) -> str | None:
    """What is said of a way whose scores are changed from those of the model."""
    model = interpreted(pipeline(LINE)[0])
    known = ways.stress(pipeline(LINE)[1])
    return ways.unequal(lambda asked: change(model(asked), asked), known, model(known))


def test_what_is_not_equal_is_said() -> None:
    assert model_and(lambda scores, _: scores + EQUAL / 2) is None
    assert "up to 0.01 from the model's" in (model_and(lambda scores, _: scores + 0.01) or "")
    assert "nan from the model's" in (model_and(lambda scores, _: scores * np.nan) or "")
    alone = model_and(lambda scores, _: scores + (len(scores) == 1) * EQUAL / 2)
    assert alone == "scores a row up to 5e-07 otherwise alone than among others"


def test_a_score_that_crosses_the_middle_is_not_equal() -> None:
    expected = np.array([0.5, 0.2])
    said = ways.unequal(lambda asked: np.full(len(asked), 0.5) - [1e-9, 0.3][: len(asked)], np.zeros((2, 1)), expected)
    assert said == "gives 1 of 2 rows the other class"


def test_quantised_scores_do_not_depend_on_the_batch() -> None:
    whole, known = pipeline(EXPORTED["network"])
    content = export.quantised(whole, known)
    onnxmodel.check(content, 4)
    score = onnxmodel.scorer(content)
    alone = np.concatenate([score(known[place : place + 1]) for place in range(100)])
    np.testing.assert_array_equal(score(known)[:100], alone)
    assert len(content) < len(export.onnx(whole, "float32"))
    assert 1e-9 < ways.forced(whole, content, known).way.difference < 0.2
