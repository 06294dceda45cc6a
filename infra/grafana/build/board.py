"""What all boards have in common: refresh, variables, links to each other, what happened as annotations."""

from collections.abc import Sequence

from grafana_foundation_sdk.builders import dashboard
from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.panels import POSTGRES, PROMETHEUS, Panel, over_time

TAG = "leeway"
PANES = "30,90,365,1000"
STREAMS = "SELECT DISTINCT stream FROM positions ORDER BY stream"
VERSIONS = "SELECT DISTINCT version FROM models WHERE stream = ${stream:sqlstring} ORDER BY version DESC"
FEATURES = "SELECT DISTINCT feature FROM drift WHERE stream = ${stream:sqlstring} ORDER BY feature"
SEGMENTS = (
    "SELECT DISTINCT key FROM"
    " (SELECT features FROM predictions WHERE stream = ${stream:sqlstring} ORDER BY ts DESC LIMIT 100) AS newest,"
    " json_each(features) WHERE json_typeof(value) = 'string' ORDER BY key"
)
HAPPENED = (
    ("Incidents", 'sum by (kind, subject) (increase(leeway_drift_events_total{stream="$stream"}[30s])) > 0', "orange"),
    (
        "Promotions and rollbacks",
        'sum by (step) (increase(leeway_decisions_total{stream="$stream", step=~"promoted|rejected|roll.*"}[30s])) > 0',
        "blue",
    ),
)


def board(uid: str, title: str, says: str, panels: Sequence[Panel]) -> models.Dashboard:
    """A board under the address /d/leeway-UID."""
    made = (
        dashboard.Dashboard(f"Leeway: {title}")
        .uid(f"leeway-{uid}")
        .description(says)
        .tags([TAG])
        .refresh("5s")
        .time("now-1h", "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .editable()
        .link(_to_the_others())
    )
    for variable in _variables():
        made = made.with_variable(variable)
    for name, expr, color in HAPPENED:
        made = made.annotation(_annotation(name, expr, color))
    for panel in panels:
        made = made.with_panel(panel)
    return made.build()


def _variables() -> list[dashboard.QueryVariable | dashboard.CustomVariable | dashboard.TextBoxVariable]:
    first = models.VariableSort.DISABLED
    asked = (
        ("stream", "Stream", STREAMS),
        ("model", "Model version", VERSIONS),
        ("feature", "Feature", FEATURES),
        ("segment", "Segment by", SEGMENTS),
    )
    queries = [
        dashboard.QueryVariable(name)
        .label(label)
        .query(sql)
        .definition(sql)
        .datasource(POSTGRES)
        .sort(first)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        for name, label, sql in asked
    ]
    panes = dashboard.CustomVariable("panes").label("Panes of history").values(PANES)
    panes = panes.current(models.VariableOption(selected=True, text="90", value="90"))
    address = dashboard.TextBoxVariable("mlflow").label("MLflow").default_value("http://127.0.0.1:5000")
    return [*queries, panes, address]


def _to_the_others() -> dashboard.DashboardLink:
    link = dashboard.DashboardLink("Leeway").type(models.DashboardLinkType.DASHBOARDS).tags([TAG])
    return link.include_vars(True).keep_time(True).as_dropdown(False).target_blank(False)


def _annotation(name: str, expr: str, color: str) -> dashboard.AnnotationQuery:
    made = dashboard.AnnotationQuery().name(name).datasource(PROMETHEUS).enable(True).hide(False).icon_color(color)
    return made.expr(expr).step("15s").target(over_time(expr, "{{kind}} {{subject}} {{step}}"))
