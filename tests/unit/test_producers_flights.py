"""The year of flights: order, ids, what is known when, and the weather of the hour."""

from pathlib import Path

import numpy as np
import pytest

from producers.arrival import DAY_MS, HOUR_MS, MINUTE_MS, block_ms, utc
from producers.flights import flights
from producers.tables import History
from schemas.declaration import load, parse
from schemas.errors import Refused

DECLARATION = load(Path(__file__).parents[2] / "flights.toml")


@pytest.fixture(scope="module")
def year() -> History:
    return flights(DECLARATION)


def test_the_year_is_whole(year: History) -> None:
    assert year.samples.times.size == 336_776
    assert year.labels.times.size == 336_776 - 9_430  # cancelled and diverted flights have no arrival


def test_ids_are_unique_and_labels_belong_to_samples(year: History) -> None:
    ids = set(year.samples.ids.tolist())
    assert len(ids) == year.samples.ids.size
    labelled = set(year.labels.ids.tolist())
    assert len(labelled) == year.labels.ids.size
    assert labelled <= ids


def test_both_are_in_event_order(year: History) -> None:
    assert (np.diff(year.samples.times) >= 0).all()
    assert (np.diff(year.labels.times) >= 0).all()


def test_a_label_is_known_after_its_sample_and_within_the_declared_delay(year: History) -> None:
    due = dict(zip(year.samples.ids.tolist(), year.samples.times.tolist(), strict=True))
    delay = year.labels.times - np.array([due[key] for key in year.labels.ids.tolist()])
    assert delay.min() > 10 * MINUTE_MS
    assert delay.max() < 2 * DAY_MS
    assert 2 * HOUR_MS < np.median(delay) < 4 * HOUR_MS


def test_the_features_are_the_declared_ones_and_within_their_limits(year: History) -> None:
    assert list(year.samples.features) == list(DECLARATION.features)
    for name, feature in DECLARATION.features.items():
        column = year.samples.features[name]
        if feature.min is not None:
            assert np.nanmin(column) >= feature.min, name
        if feature.max is not None:
            assert np.nanmax(column) <= feature.max, name
        if feature.required:
            assert not any(value is None or value != value for value in column.tolist()), name  # noqa: PLR0124 - NaN


def test_the_first_flight_is_as_in_the_book(year: History) -> None:
    key, value = year.samples.records(0, 1)[0]
    assert key == b"2013-01-01-UA-1545-EWR-0515"
    for part in (
        b'"ts":1357035300000',
        b'"hour":5,"minute":15,"weekday":1,"carrier":"UA"',
        b'"temperature":39.02',
        b'"wind_gust":null',
    ):
        assert part in value
    row = year.labels.ids.tolist().index("2013-01-01-UA-1545-EWR-0515")
    assert year.labels.values[row] == 0  # 11 minutes late
    landed = 1357035300000 + (4 * 60 + 4 + 11) * MINUTE_MS  # due 08:19 in Houston, 4:04 h later, 11 minutes late
    assert year.labels.times[row] == landed


def test_a_cancelled_flight_never_gets_a_label(year: History) -> None:
    cancelled = "2013-01-01-EV-4308-EWR-1630"
    assert cancelled in set(year.samples.ids.tolist())
    assert cancelled not in set(year.labels.ids.tolist())


def test_about_a_quarter_is_late(year: History) -> None:
    assert 0.22 < year.labels.values.mean() < 0.26


def test_a_feature_that_the_data_lacks_is_refused() -> None:
    other = parse(b'[stream]\nname = "s"\n[features.tide]\nkind = "number"\n', "s.toml")
    with pytest.raises(Refused, match="no feature 'tide'"):
        flights(other)


def test_local_times_of_two_zones_summer_and_winter() -> None:
    winter, summer = 15_706 * DAY_MS + 12 * HOUR_MS, 15_887 * DAY_MS + 12 * HOUR_MS  # 1 January, 1 July 2013, noon
    found = utc(
        np.array([winter, summer, winter, summer]), np.array([0, 0, 1, 1]), ["America/New_York", "America/Phoenix"]
    )
    assert ((found - np.array([winter, summer, winter, summer])) // HOUR_MS).tolist() == [5, 4, 7, 7]


def test_an_arrival_is_the_first_of_its_clock_time_after_the_departure_and_never_absurd() -> None:
    departure = np.zeros(3, np.int64)
    arrival = np.array([2 * HOUR_MS, -20 * HOUR_MS, 10 * MINUTE_MS])
    assert (block_ms(departure, arrival, np.full(3, 800.0)) // MINUTE_MS).tolist() == [120, 240, 140]
