"""A declaration whose features have vanished or changed their kind since a model was made."""

from types import MappingProxyType

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from consumers.training.dataset import Dataset, recoded
from schemas.declaration import Declaration, Feature
from schemas.errors import Refused, Unavailable
from schemas.messages import ModelRef, Models
from streams.judge import Judge
from streams.reload import Reload
from streams.score import Scorer
from support import models
from support.models import Logistic
from support.sketches import PANES, rows


def redeclared(**kinds: str | None) -> Declaration:
    """The toy stream with features of other kinds, or without them."""
    plain = models.declaration()
    features = dict(plain.features)
    for name, kind in kinds.items():
        if kind is None:
            del features[name]
        else:
            features[name] = msgspec.convert({"kind": kind}, Feature)
    return replace(plain, features=features)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"x": None}, r"takes x, which the declaration does not have. Declare it, or train"),
        ({"x": "category"}, r"features.x of kind number, and the declaration says category. Declare it as it was"),
        ({"color": "number"}, r"features.color of kind category, and the declaration says number"),
        ({"color": "boolean"}, r"features.color of kind category, and the declaration says boolean"),
        ({"open": "integer"}, r"features.open of kind boolean, and the declaration says integer"),
    ],
)
def test_a_model_is_refused_by_name_where_a_feature_has_vanished_or_changed_its_kind(
    kinds: dict[str, str | None], said: str
) -> None:
    declared = redeclared(**kinds)
    ref = ModelRef(version=1, run_id="", model_sha256="", contract_sha256="", trained_until=0)

    with pytest.raises(Refused, match=said):
        Scorer(declared, Logistic(ref, models.contract()))

    reload = Reload(declared, lambda _: Logistic(ref, models.contract()), lambda _: ref, lambda: None)
    counters, judge = reload.counters({1}), Judge(declared)
    assert counters.keys() == {1}  # what it has counted is judged all the same, and holds up no verdict
    for row in rows(6, [0, 1, 2]):
        judge.fold(row)
    assert len(list(judge.verdicts(counters))) == PANES


def test_a_shadow_that_does_not_fit_any_more_does_not_keep_the_champion_back() -> None:
    declared, made = redeclared(open="category"), models.contract()
    young = replace(made, features=["x", "color"], reference=[one for one in made.reference if one.feature != "open"])
    refs = [ModelRef(version=v, run_id="", model_sha256=str(v), contract_sha256="", trained_until=0) for v in (1, 2)]
    reload = Reload(
        declared, lambda ref: Logistic(ref, young if ref.version == 2 else made), lambda v: refs[v - 1], lambda: None
    )
    wanted = Models(stream="toy", champion=refs[1], previous=refs[0], shadows=refs, retrain="r", at=0)

    reload.take(wanted)

    assert reload.serving is not None
    assert reload.serving.champion.version == 2
    assert [shadow.version for shadow in reload.serving.shadows] == [2]
    with pytest.raises(Refused, match=r"features.open of kind boolean"):
        reload.take(msgspec.structs.replace(wanted, champion=refs[0]))
    assert reload.serving.champion.version == 2


def test_an_integer_that_is_a_number_now_is_the_same_to_a_model() -> None:
    ref = ModelRef(version=1, run_id="", model_sha256="", contract_sha256="", trained_until=0)

    assert Scorer(redeclared(x="integer"), Logistic(ref, models.contract())).version == 1


def test_a_version_that_cannot_be_had_is_waited_for() -> None:
    def away(_: ModelRef) -> Logistic:
        raise Unavailable("MLflow does not answer")

    ref = ModelRef(version=1, run_id="", model_sha256="", contract_sha256="", trained_until=0)
    assert Reload(models.declaration(), away, lambda _: ref, lambda: None).counters({1}) == MappingProxyType({})


def test_a_gate_shows_a_champion_what_is_left_of_its_features_by_their_names() -> None:
    data = Dataset(
        np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 6.0]]), np.zeros(2, np.int64), np.arange(2), np.arange(2),
        {"color": ["red", "blue"]}, 2, "",
    )  # fmt: skip
    declared = ["open", "color", "x"]

    theirs = recoded(data, declared, ["x", "color", "size"], {"color": ["blue", "red"]})
    turned = recoded(data, declared, ["color", "x"], {"x": ["5"]})

    np.testing.assert_array_equal(theirs, [[5.0, 1.0, np.nan], [6.0, 0.0, np.nan]])
    np.testing.assert_array_equal(turned, np.full((2, 2), np.nan))  # a category once and now not, and the reverse
