"""What the governor goes by: its limits, and all that it has to remember."""

from dataclasses import dataclass, field

from consumers.retrainer.charge import Flight
from consumers.retrainer.pace import Proof
from consumers.retrainer.standing import Standing
from schemas.messages import DriftEvent


@dataclass(frozen=True, slots=True)
class Limits:
    """Milliseconds of event time between starts: `cooldown`; after a refusal `retry`, doubled with each further one.

    At most `daily_cap` starts happen within one day of event time. A champion that knows nothing of the last
    `maximum_age` is retrained without drift; None is never. With a `payoff` sooner, as soon as that is worth it: see
    `pace`. Nothing starts while a promotion is under `watch`.
    """

    cooldown: int
    retry: int
    daily_cap: int
    minimum_labels: int
    maximum_age: int | None = None
    payoff: float | None = None
    watch: int | None = None


@dataclass(frozen=True, slots=True)
class State:
    """`incidents` holds the latest event of each open incident; those about `version`, the champion, count.

    What the champion knows ends at `trained_until`; None while that is not known. `attempts` counts the starts for each
    event. `said` are the requests and the kinds of skip that were recorded of an
    event since its last attempt. `starts` are the event times of the latest starts. `since` is when the last was due,
    or the champion's `trained_until`: the cooldown counts from there; None while there is no champion. `refusals` are
    the retrains in a row that did not end in a promotion. `proofs` are what the gates of the last retrains have seen.
    """

    incidents: dict[str, DriftEvent] = field(default_factory=dict)
    attempts: dict[str, int] = field(default_factory=dict)
    said: frozenset[tuple[str, str]] = frozenset()
    starts: tuple[int, ...] = ()
    since: int | None = None
    refusals: int = 0
    proofs: tuple[Proof, ...] = ()
    now: int = 0
    version: int = 0
    trained_until: int | None = None
    flight: Flight | None = None
    standing: Standing = field(default_factory=Standing)
