"""A declaration is checked strictly, and errors name the file, the key and what is allowed."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.declaration import load, parse
from schemas.duration import milliseconds
from schemas.errors import Refused

GOOD = '[stream]\nname = "s"\n[features.x]\nkind = "number"\n'


def test_defaults_work() -> None:
    found = parse(GOOD.encode(), "s.toml")

    assert found.names("number") == ["x"]
    assert found.pane_ms == 3_600_000


def test_the_flights_are_declared() -> None:
    assert load(Path(__file__).parents[2] / "flights.toml").name == "flights"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[strem]\n", ["s.toml", "strem", "stream, features, label, model, drift, retrain, promotion"]),
        (GOOD + "knid = 1\n", ["s.toml", "features.x", "knid", "kind, min, max, required, watch"]),
        (GOOD.replace('"number"', '"nummer"'), ["s.toml", "features.x.kind", "nummer"]),
        (GOOD + '[label]\ntask = "ranking"\n', ["s.toml", "label.task", "ranking"]),
        (GOOD.replace("name", "pane = 3\nname"), ["s.toml", "stream.pane", "expected `str`"]),
        (
            GOOD.replace("name", 'pane = "3 fortnights"\nname'),
            ["s.toml", "stream.pane", "3 fortnights", "ms, s, m, h or d"],
        ),
        (GOOD.replace('"s"', '"Not A Topic"'), ["s.toml", "stream.name"]),
        (GOOD + "min = 3\nmax = 1\n", ["s.toml", "features.x", "min 3.0 is above max 1.0"]),
        (GOOD.replace('"number"', '"category"') + "min = 3\n", ["s.toml", "features.x", "category"]),
        ('[stream]\nname = "s"\n[features]\n', ["s.toml", "features", "at least one"]),
        (GOOD + '[drift]\nbudget = "never"\n', ["s.toml", "drift.budget"]),
        (GOOD + '[retrain]\nmaximum_age = "old"\n', ["s.toml", "retrain.maximum_age", "ms, s, m, h or d"]),
        (GOOD + '[model]\nestimator = "os:system"\n', ["s.toml", "model.estimator"]),
        ("[stream\n", ["s.toml", "not TOML"]),
    ],
)
def test_what_is_wrong_is_said(text: str, words: list[str]) -> None:
    with pytest.raises(Refused) as raised:
        parse(text.encode(), "s.toml")

    for word in words:
        assert word in str(raised.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(Refused, match=r"nowhere\.toml: cannot be read"):
        load(Path("nowhere.toml"))


@given(st.integers(1, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_lengths_of_time(count: int, unit: str) -> None:
    factor = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}[unit]

    assert milliseconds(f"{count}{unit}") == count * factor
