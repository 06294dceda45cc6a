"""The committed boards: as the code makes them, of Grafana's own types, complete, and about metrics that there are."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as models

from infra.grafana import sync
from infra.grafana.build import __main__ as build
from support.boards import asked, boards
from support.promql import faults

ROOT = Path(__file__).parents[2]
BOARDS = boards()
PANELS = [(uid, panel) for uid, board in BOARDS.items() for panel in board["panels"]]


def test_what_is_committed_is_what_the_code_makes() -> None:
    made = {f"{board.uid}": build.text(board) for board in build.boards()}

    assert {path.stem: path.read_text() for path in build.FOLDER.glob("*.json")} == made, "make boards"


@pytest.mark.parametrize("uid", sorted(BOARDS))
def test_a_board_read_by_grafanas_own_types_is_the_same(uid: str) -> None:
    plugins.register_default_plugins()
    board = _without_sql(BOARDS[uid])
    read = models.Dashboard.from_json(board)

    assert json.loads(json.dumps(read, cls=JSONEncoder)) == board


def _without_sql(board: dict[str, Any]) -> dict[str, Any]:
    """Its library has no type of PostgreSQL's queries, whose form is checked below."""
    found: dict[str, Any] = json.loads(json.dumps(board))
    for panel in found["panels"]:
        panel["targets"] = [target for target in panel["targets"] if "rawSql" not in target]
    return found


def test_there_are_five_and_they_lead_to_each_other() -> None:
    assert set(BOARDS) == {f"leeway-{name}" for name in ("overview", "drift", "models", "pipeline", "quality")}
    for uid, board in BOARDS.items():
        assert board["uid"] == uid
        assert board["refresh"] == "5s"
        assert {one["name"] for one in board["templating"]["list"]} >= {"stream", "model", "feature", "segment"}
        [link] = board["links"]
        assert (link["type"], link["tags"], link["includeVars"]) == ("dashboards", ["leeway"], True)
        assert "leeway" in board["tags"]
        assert [one["name"] for one in board["annotations"]["list"]] == ["Incidents", "Promotions and rollbacks"]


@pytest.mark.parametrize(("uid", "panel"), PANELS, ids=[f"{uid}: {panel['title']}" for uid, panel in PANELS])
def test_a_panel_says_what_is_good_and_what_to_do_otherwise_and_where_its_data_comes_from(
    uid: str, panel: dict[str, Any]
) -> None:
    assert len(panel["description"]) > 40, uid
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == panel["datasource"]["uid"]
        assert target["datasource"]["uid"] in sync.SOURCES
        if "rawSql" in target:
            assert (target["format"], target["rawQuery"]) == ("table", True)


@pytest.mark.parametrize("one", [one for one in asked() if not one.of_postgres], ids=str)
def test_a_panel_asks_for_metrics_and_labels_that_there_are(one: Any) -> None:
    variables = {"stream": "s", "feature": "f", "model": "1", "segment": "g"}

    assert list(faults(one.filled(variables))) == []
    assert 'stream="$stream"' in one.text, "of the chosen stream alone"


@pytest.mark.parametrize("one", [one for one in asked() if one.of_postgres], ids=str)
def test_names_go_into_sql_as_quoted_strings_only(one: Any) -> None:
    """A feature's or a stream's name is text that somebody else chose."""
    bare = re.findall(r"\$(?:\{(\w+)\}|(\w+))", one.text)

    assert {name or other for name, other in bare} <= {"panes", "model"}, "both are numbers"


def test_sources_of_the_boards_are_those_that_are_provisioned() -> None:
    file = ROOT / "infra" / "grafana" / "provisioning" / "datasources" / "leeway.yml"
    sources = yaml.safe_load(file.read_text())["datasources"]

    assert {one["uid"]: one["type"] for one in sources} == {
        "leeway-prometheus": "prometheus",
        "leeway-postgres": "grafana-postgresql-datasource",
    }
    assert "password: ${" in file.read_text().replace('"', ""), "no password in a file"
