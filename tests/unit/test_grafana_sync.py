"""Boards brought to a stand-in of Grafana's HTTP API. A real Grafana was not to be had: see docs/decisions/0029."""

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from infra.cli.__main__ import app
from infra.grafana.server import Grafana
from infra.grafana.sync import boards, difference, sync
from schemas.errors import LeewayError, Refused, Unavailable
from support.fake_grafana import PASSWORD, TOKEN, Content, serving

UIDS = [f"leeway-{name}" for name in ("drift", "models", "overview", "pipeline", "quality")]


@pytest.fixture
def content() -> Content:
    return Content()


@pytest.fixture
def url(content: Content) -> Iterator[str]:
    with serving(content) as address:
        yield address


def run(url: str, *, may: bool = False, token: str = TOKEN) -> tuple[int, str]:
    said: list[str] = []

    def asked(question: str) -> bool:
        said.append(question)
        return may

    return sync(Grafana(url, token), said.append, asked), "\n".join(said)


@pytest.mark.parametrize("token", [TOKEN, PASSWORD])
def test_all_boards_are_made_once_and_then_are_as_they_should_be(url: str, content: Content, token: str) -> None:
    assert run(url, token=token)[0] == 5
    assert content.written == UIDS
    assert content.folders == {"leeway": "Leeway"}

    written, said = run(url, token=token)

    assert (written, said.count("as it should be")) == (0, 5)
    assert content.written == UIDS


def test_a_board_edited_by_hand_is_shown_and_left_unless_it_may_be_written_over(url: str, content: Content) -> None:
    run(url)
    content.boards["leeway-drift"]["panels"][0]["title"] = "Mine"
    content.boards["leeway-drift"]["version"] = 4

    written, said = run(url)
    assert written == 0
    assert '-   "title": "Mine"' in said
    assert '+   "title": "Drifted now"' in said
    assert "left as it is" in said
    assert content.boards["leeway-drift"]["panels"][0]["title"] == "Mine"

    written, said = run(url, may=True)
    assert written == 1
    assert content.boards["leeway-drift"]["panels"][0]["title"] == "Drifted now"
    assert content.boards["leeway-drift"]["version"] == 5


def test_what_somebody_saves_between_the_look_and_the_write_is_not_lost(url: str, content: Content) -> None:
    run(url)
    content.boards["leeway-drift"]["title"] = "Mine"

    def somebody(_question: str) -> bool:
        content.boards["leeway-drift"]["version"] += 1
        return True

    with pytest.raises(Refused, match="meanwhile: nothing was written"):
        sync(Grafana(url, TOKEN), lambda _: None, somebody)
    assert content.boards["leeway-drift"]["title"] == "Mine"


def test_what_grafana_adds_of_its_own_is_no_difference() -> None:
    board = next(boards())

    assert difference({**board, "id": 3, "version": 9}, board) == []
    assert difference({**board, "refresh": "1m"}, board) != []


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"version": "9.5.2"}, Refused, "is 9.5.2, and the boards need 11 or newer"),
        ({"version": ""}, Refused, "is no Grafana"),
        ({"role": "Viewer"}, Refused, "needs the role Editor"),
        ({"sources": ["leeway-prometheus"]}, Refused, "no data source of the uid leeway-postgres"),
        ({"broken": True}, Unavailable, "a fault of its own"),
    ],
)
def test_what_is_wrong_is_one_clear_sentence(
    url: str, content: Content, change: dict[str, object], error: type[LeewayError], sentence: str
) -> None:
    for name, value in change.items():
        setattr(content, name, value)

    with pytest.raises(error, match=sentence) as raised:
        run(url)

    assert TOKEN not in str(raised.value)
    assert content.written == []


@pytest.mark.parametrize("wrong", ["another", "admin:another"])
def test_an_account_that_grafana_does_not_know_is_said_without_naming_it(url: str, wrong: str) -> None:
    with pytest.raises(Refused, match="does not know this account") as raised:
        run(url, token=wrong)

    assert "another" not in str(raised.value)


@pytest.mark.parametrize("address", ["grafana:3000", "localhost", "ftp://somewhere", "http://"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Refused, match="is no address of a Grafana"):
        run(address)


def test_nobody_there_is_said() -> None:
    with serving(Content()) as address:
        gone = address

    with pytest.raises(Unavailable, match="does not answer"):
        run(gone)


def test_the_command_says_what_it_did_and_asks(url: str, content: Content) -> None:
    environment = {"GRAFANA_URL": url, "GRAFANA_TOKEN": TOKEN}
    first = CliRunner().invoke(app, ["grafana", "sync"], env=environment)
    content.boards["leeway-quality"]["title"] = "Mine"
    second = CliRunner().invoke(app, ["grafana", "sync"], env=environment, input="n\n")

    assert (first.exit_code, first.output.count(": made")) == (0, 5)
    assert second.exit_code == 0
    assert "Write over Leeway: Data quality?" in second.output
    assert content.boards["leeway-quality"]["title"] == "Mine"
    assert CliRunner().invoke(app, ["grafana", "sync", "--yes"], env=environment).exit_code == 0
    assert content.boards["leeway-quality"]["title"] == "Leeway: Data quality"
    assert TOKEN not in first.output + second.output
