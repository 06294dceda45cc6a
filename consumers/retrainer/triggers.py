"""Why to retrain where no drift event says so: the champion's age."""

from dataclasses import dataclass
from datetime import UTC, datetime

from schemas.duration import words

AGE = "age-"
"""What the names of causes begin with that are no drift events."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why to retrain: a drift event, or a champion that has grown too old; from `since` on (event time)."""

    id: str
    reason: str
    since: int


def too_old(version: int, until: int, maximum_age: int) -> Cause:
    """The champion, which knows nothing after `until`, has reached the declared age."""
    return _aged(version, until, until + maximum_age, f"it has reached [retrain] maximum_age, {words(maximum_age)}")


def worth_it(version: int, until: int, since: int, interval: int, proofs: int) -> Cause:
    """So long after the last start, at `since`, a retrain may be worth its payoff again, going by so many proofs."""
    told = (
        f"going by {proofs} proof{'' if proofs == 1 else 's'} since version 1" if proofs else "nothing was proven yet"
    )
    return _aged(
        version, until, since + interval, f"a retrain may be worth [retrain] payoff after {words(interval)}, {told}"
    )


def _aged(version: int, until: int, due: int, why: str) -> Cause:
    """The version and the day name the cause, so that it is the same one after a restart."""
    return Cause(
        f"{AGE}{version}-{date(due)[:10]}", f"Version {version} knows nothing after {date(until)}: {why}.", due
    )


def date(event_time: int) -> str:
    """In ISO 8601, to the minute."""
    return datetime.fromtimestamp(event_time / 1000, UTC).isoformat(timespec="minutes")
