"""What a PromQL expression asks for, and whether somebody tells it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml
from promql_parser import Expr, VectorSelector

from infra.metrics import catalogue
from infra.metrics.kinds import Spread

RULES = Path(__file__).parents[2] / "infra" / "prometheus" / "rules"
OF_PROMETHEUS = {"up": ("job", "instance"), "ALERTS": ("alertname", "severity", "alertstate")}
ANY = {"stream", "process", "job", "instance"}


def rules() -> list[dict[str, Any]]:
    """All rules, recording and alerting."""
    files = sorted(RULES.glob("*.yml"))
    return [rule for file in files for group in yaml.safe_load(file.read_text())["groups"] for rule in group["rules"]]


RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def selectors(expression: str) -> list[VectorSelector]:
    """Every selector in it; raises ValueError for what Prometheus would not take."""
    found: list[VectorSelector] = []

    def see(node: Expr) -> bool:
        if isinstance(node, VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(expression), see)
    return found


def known(name: str) -> tuple[str, ...] | None:
    """The labels of a metric beside those of every one; None if nobody tells it."""
    if name in OF_PROMETHEUS:
        return OF_PROMETHEUS[name]
    of_histogram = catalogue.ALL.get(re.sub(r"_(bucket|sum|count)$", "", name))
    if isinstance(of_histogram, Spread):
        return (*of_histogram.labels, "le")
    metric = catalogue.ALL.get(name)
    return None if metric is None else metric.labels


def faults(expression: str) -> Iterator[str]:
    """What an expression asks for that is not there."""
    for selector in selectors(expression):
        name = selector.name or ""
        labels = known(name)
        if name in RECORDED:
            continue
        if labels is None:
            yield f"there is no metric {name}"
            continue
        for matcher in selector.matchers.matchers:
            if matcher.name not in (*labels, *ANY, "__name__"):
                yield f"{name} has no label {matcher.name}"
