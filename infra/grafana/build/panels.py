"""The kinds of panel that our boards are made of, each with where its data comes from and what it means.

What lies in event time (history, drift) is drawn over event time by panels that do not ask for the board's time range:
a replayed year is seen as well as today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from grafana_foundation_sdk.builders import barchart, dashboard, prometheus, stat, table, timeseries, trend
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import dashboard as models

PROMETHEUS = common.DataSourceRef("prometheus", "leeway-prometheus")
POSTGRES = common.DataSourceRef("grafana-postgresql-datasource", "leeway-postgres")
WIDE, HALF, THIRD, SMALL = 24, 12, 8, 4
GREEN, AMBER, RED, NEUTRAL = "green", "orange", "red", "text"
STREAM = '{stream="$stream"}'
"""The labels of the stream that a board is looked at for."""
AT = "at"
"""The column of event time, in epoch milliseconds."""
Limits = Sequence[tuple[float | None, str]]
"""Colours from these values on; the first from anywhere."""
PLAIN: Limits = ((None, NEUTRAL),)
Panel = stat.Panel | timeseries.Panel | trend.Panel | table.Panel | barchart.Panel
P = TypeVar("P", stat.Panel, timeseries.Panel, trend.Panel, table.Panel, barchart.Panel)


@dataclass(frozen=True)
class SqlQuery(Dataquery):
    """A query of Grafana's PostgreSQL data source, of which the library has no type."""

    sql: str

    def to_json(self) -> dict[str, object]:
        """As Grafana keeps it."""
        return {
            "refId": "A",
            "datasource": POSTGRES,
            "editorMode": "code",
            "format": "table",
            "rawQuery": True,
            "rawSql": self.sql,
        }


@dataclass(frozen=True)
class Sql(Builder[Dataquery]):
    """Rows of PostgreSQL."""

    sql: str

    def build(self) -> Dataquery:
        """The query."""
        return SqlQuery("\n".join(line.strip() for line in self.sql.strip().splitlines()))


def over_time(expr: str, legend: str, name: str = "A") -> prometheus.Dataquery:
    """A query over the board's time range; `name` tells it from others of its panel."""
    return prometheus.Dataquery().expr(expr).legend_format(legend).range().ref_id(name).datasource(PROMETHEUS)


def now(expr: str, legend: str = "") -> prometheus.Dataquery:
    """A query as of now."""
    return prometheus.Dataquery().expr(expr).legend_format(legend).instant().ref_id("A").datasource(PROMETHEUS)


def number(
    title: str, query: prometheus.Dataquery | Sql, unit: str, says: str, limits: Limits = PLAIN, span: int = SMALL
) -> stat.Panel:
    """One large figure."""
    made = _given(stat.Panel(), title, says, span, 4, [query]).unit(unit).thresholds(_steps(limits))
    return made.graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.VALUE)


def lines(
    title: str, queries: Sequence[tuple[str, str]], unit: str, says: str, span: int = HALF, limits: Limits = PLAIN
) -> timeseries.Panel:
    """Series of Prometheus over wall-clock time: (expression, legend) of each."""
    asked = [over_time(expr, legend, chr(ord("A") + i)) for i, (expr, legend) in enumerate(queries)]
    return _given(timeseries.Panel(), title, says, span, 8, asked).unit(unit).min(0).thresholds(_steps(limits))


def history(title: str, sql: str, unit: str, says: str, span: int = HALF) -> trend.Panel:
    """Columns of PostgreSQL over event time: the column `at`, and the others as lines. `sql` gives the newest rows."""
    ordered = Sql("\n".join(("SELECT * FROM (", sql.strip(), f") AS newest ORDER BY {AT}")))
    made = _given(trend.Panel(), title, says, span, 8, [ordered]).unit(unit).x_field(AT)
    return made.override_by_name(AT, [models.DynamicConfigValue("unit", "dateTimeAsIso")])


def rows(title: str, sql: str, says: str, span: int = WIDE, link: tuple[str, str, str] | None = None) -> table.Panel:
    """Rows of PostgreSQL; `link` is a column, and the title and URL that its values lead to."""
    made = _given(table.Panel(), title, says, span, 8, [Sql(sql)])
    if link is not None:
        column, name, url = link
        value = [{"title": name, "url": url, "targetBlank": True}]
        made = made.override_by_name(column, [models.DynamicConfigValue("links", value)])
    return made


def matrix(title: str, sql: str, says: str, limits: Limits, unit: str = "none", span: int = WIDE) -> table.Panel:
    """A heat map of features by pane: the columns feature, pane and value, one cell a row."""
    options = {"columnField": "pane", "rowField": "feature", "valueField": "value"}
    made = _given(table.Panel(), title, says, span, 10, [Sql(sql)]).unit(unit).decimals(2)
    made = made.with_transformation(models.DataTransformerConfig("groupingToMatrix", options=options))
    cells = common.TableColoredBackgroundCellOptions(mode=common.TableCellBackgroundDisplayMode.BASIC)
    return made.thresholds(_steps(limits)).cell_options(cells).width(78)


def bars(title: str, sql: str, unit: str, says: str, span: int = HALF) -> barchart.Panel:
    """Rows of PostgreSQL as bars: the first column names them."""
    return _given(barchart.Panel(), title, says, span, 8, [Sql(sql)]).unit(unit).min(0)


def _given(panel: P, title: str, says: str, span: int, height: int, queries: Sequence[Builder[Dataquery]]) -> P:
    source = POSTGRES if isinstance(queries[0], Sql) else PROMETHEUS
    made = panel.title(title).description(says).span(span).height(height).datasource(source)
    return made.targets(list(queries))


def _steps(limits: Limits) -> dashboard.ThresholdsConfig:
    steps = [models.Threshold(value, color) for value, color in limits]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)
