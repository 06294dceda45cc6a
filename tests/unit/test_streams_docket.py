"""The docket: rows of `outcomes` are ruled on in order, once, across restarts."""

from typing import Any, cast

from msgspec.structs import replace

from schemas.messages import Outcome, encode
from streams.docket import Docket
from streams.outcomes import OutcomeJudge
from streams.verdict import Judged
from support.models import declaration, scorer
from support.turnouts import rows


class Log:
    """A topic as its reader sees it: committed records by offset."""

    def __init__(self, values: list[bytes]) -> None:
        self.left = [_Message(offset, value) for offset, value in enumerate(values)]

    def consume(self, most: int, _wait_s: float) -> list[Any]:
        found, self.left = self.left[:most], self.left[most:]
        return found

    def close(self) -> None:
        pass


class _Message:
    def __init__(self, offset: int, value: bytes) -> None:
        self._offset, self._value = offset, value

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return self._value

    def error(self) -> None:
        return None


COUNTERS = {version: scorer(version).counter for version in (1, 2)}


def docket(given: list[Outcome | bytes], ruled: int = 0) -> Docket:
    toy = declaration()
    judge = OutcomeJudge(replace(toy, drift=replace(toy.drift, budget="1d")))
    log = Log([row if isinstance(row, bytes) else encode(row) for row in given])
    return Docket(judge, cast("Any", log), ruled)


def known(*versions: int) -> Any:
    return lambda wanted: {version: COUNTERS[version] for version in versions if version in wanted}


def test_a_restart_goes_on_where_the_last_commit_ruled_as_if_it_had_not_been() -> None:
    given: list[Outcome | bytes] = [*rows(24, worse_from=16)]
    whole = docket(given).verdicts(known(1))
    for cut in (0, 1, 10, 17, 18, 24):
        before = docket(given[:cut])
        found: list[Judged] = before.verdicts(known(1))
        found += docket(given, before.ruled).verdicts(known(1))
        assert found == whole


def test_rows_wait_for_the_reference_of_their_version_and_hold_up_those_behind() -> None:
    both = docket([*rows(24, version_2_from=20)])
    assert len(both.verdicts(known(1))) == 20
    assert both.ruled == 20
    assert both.verdicts(known(1)) == []
    assert len(both.verdicts(known(1, 2))) == 4
    assert both.ruled == 24


def test_what_no_evaluator_wrote_is_passed_over() -> None:
    given = rows(12)
    found = docket([b"junk", *given[:6], b"", b"\xff", *given[6:]])
    assert len(found.verdicts(known(1))) == 12
    assert found.ruled == 15
