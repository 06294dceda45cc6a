"""Catalogue, rules, boards and runbooks speak of the same metrics. Without any server; `make alerts` runs promtool."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from typer.models import CommandInfo

from infra.cli.__main__ import app
from infra.metrics import catalogue, page
from support.promql import faults, known, rules

ROOT = Path(__file__).parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks"
ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
EXPRESSIONS = [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS)
def test_every_rule_asks_for_metrics_and_labels_that_there_are(name: str, expression: str) -> None:
    assert list(faults(expression)) == [], name


def test_what_is_not_in_the_catalogue_is_found() -> None:
    assert list(faults("rate(leeway_nothing_total[5m]) > 0")) == ["there is no metric leeway_nothing_total"]
    assert list(faults('leeway_ready{shape="round"} == 0')) == ["leeway_ready has no label shape"]
    assert list(faults("leeway_ready_bucket")) == ["there is no metric leeway_ready_bucket"]


@pytest.mark.parametrize("name", sorted(ALERTS))
def test_every_alert_has_a_severity_a_summary_that_says_what_to_do_a_runbook_and_a_test(name: str) -> None:
    rule = ALERTS[name]
    tests = yaml.safe_load((ROOT / "infra" / "prometheus" / "tests.yml").read_text())["tests"]

    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert len(rule["annotations"]["summary"]) > 40
    assert rule["annotations"]["runbook"] == f"docs/runbooks/{name}.md"
    text = (RUNBOOKS / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert "## Look" in text
    assert "## Do" in text
    expected = [case["exp_alerts"] for test in tests for case in test["alert_rule_test"] if case["alertname"] == name]
    assert [] in expected, "where it must not fire"
    assert any(expected), "where it must"


def test_there_is_no_runbook_without_its_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == set(ALERTS)


@pytest.mark.parametrize("path", sorted(RUNBOOKS.glob("*.md")), ids=lambda path: path.stem)
def test_runbooks_name_metrics_and_commands_that_there_are(path: Path) -> None:
    text = path.read_text()
    metrics = re.findall(r"\b(?:leeway|process)_[a-z_]+", text)
    commands = {_command(command) for command in app.registered_commands}
    groups = {group.name for group in app.registered_groups}

    assert [name for name in metrics if known(name) is None] == []
    assert [name for name in re.findall(r"`leeway ([a-z-]+)", text) if name not in commands | groups] == []


def _command(info: CommandInfo) -> str:
    return info.name or (info.callback.__name__.replace("_", "-") if info.callback else "")


def test_every_metric_of_the_catalogue_is_told_by_some_code() -> None:
    constants = {id(value): name for name, value in vars(catalogue).items() if name.isupper()}
    named = {metric.name: constants.get(id(metric)) for metric in catalogue.ALL.values()}
    used: set[str] = set()
    for folder in ("infra", "streams", "consumers", "producers"):
        for path in (ROOT / folder).rglob("*.py"):
            if path != Path(catalogue.__file__):
                used |= _names(path)

    missing = [name for name, constant in named.items() if constant not in used and not name.startswith("process_")]
    assert [name for name in missing if name not in {metric.name for metric in catalogue.BALANCE.values()}] == []
    assert "BALANCE" in used


def _names(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "catalogue":
            found.add(node.attr)
        if isinstance(node, ast.ImportFrom) and node.module == "infra.metrics.catalogue":
            found |= {alias.name for alias in node.names}
    return found


def test_the_page_of_metrics_is_what_the_catalogue_says() -> None:
    assert page.PAGE.read_text() == page.page(), "make metrics"


def test_names_carry_their_unit_and_labels_are_few() -> None:
    for metric in catalogue.ALL.values():
        assert (metric.kind == "counter") == metric.name.endswith("_total"), metric.name
        assert len(metric.labels) <= 3, metric.name
        assert not {"id", "key", "message", "offset"} & set(metric.labels), metric.name
