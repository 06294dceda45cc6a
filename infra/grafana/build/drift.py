"""What has moved, by how much, and whether that is more than chance."""

from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.board import board
from infra.grafana.build.panels import AMBER, GREEN, HALF, RED, THIRD, bars, history, lines, matrix, now, number, rows

MAP = """
    SELECT feature, to_char(pane_end, 'MM-DD HH24:MI') AS pane, effect AS value FROM drift
    WHERE stream = ${stream:sqlstring} AND window_panes = 1 AND pane_end IN (
      SELECT DISTINCT pane_end FROM drift WHERE stream = ${stream:sqlstring} ORDER BY pane_end DESC LIMIT 24)
    ORDER BY pane_end, feature"""
VERDICTS = """
    SELECT feature, window_panes AS panes, verdict, test, effect, low, high, limit_by_chance, p, psi, n, worth_n,
      pane_end
    FROM drift WHERE stream = ${stream:sqlstring} AND pane_end = (
      SELECT max(pane_end) FROM drift WHERE stream = ${stream:sqlstring} AND feature NOT LIKE '(%')
    ORDER BY verdict, effect DESC"""
EFFECT = """
    SELECT DISTINCT ON (pane_end) extract(epoch FROM pane_end) * 1000 AS at, effect, low, high,
      limit_by_chance AS "by chance"
    FROM drift WHERE stream = ${stream:sqlstring} AND feature = ${feature:sqlstring} AND window_panes = 1
    ORDER BY pane_end DESC, version DESC LIMIT $panes"""
MEAN = """
    SELECT DISTINCT ON (pane_end) extract(epoch FROM pane_end) * 1000 AS at, coalesce(mean, missing) AS "mean",
      coalesce(reference_mean, 0) AS "of the reference", coalesce(missing, 0) AS "share missing"
    FROM drift WHERE stream = ${stream:sqlstring} AND feature = ${feature:sqlstring} AND window_panes = 1
    ORDER BY pane_end DESC, version DESC LIMIT $panes"""
SHAPE = """
    WITH known AS (
      SELECT coalesce(
        (SELECT max(event_time) FROM decisions
         WHERE stream = ${stream:sqlstring} AND version = $model AND step = 'registered'),
        (SELECT min(ts) FROM predictions WHERE stream = ${stream:sqlstring})) AS until
    ), picked AS (
      (SELECT 'now' AS part, features -> ${feature:sqlstring} AS value FROM predictions
       WHERE stream = ${stream:sqlstring} ORDER BY ts DESC LIMIT 2000)
      UNION ALL
      (SELECT 'before', features -> ${feature:sqlstring} FROM predictions, known
       WHERE stream = ${stream:sqlstring} AND ts <= until ORDER BY ts DESC LIMIT 2000)
      UNION ALL
      (SELECT 'before', features -> ${feature:sqlstring} FROM predictions, known
       WHERE stream = ${stream:sqlstring} AND ts > until ORDER BY ts LIMIT 500)
    ), numbers AS (
      SELECT part, CASE WHEN json_typeof(value) = 'number' THEN (value #>> '{}')::float END AS number, value FROM picked
    ), bounds AS (
      SELECT percentile_cont(0.01) WITHIN GROUP (ORDER BY number) AS low,
        percentile_cont(0.99) WITHIN GROUP (ORDER BY number) AS high FROM numbers
    ), bands AS (
      SELECT part, CASE
        WHEN number IS NOT NULL AND high > low THEN width_bucket(number, low, high, 12) END AS band,
        coalesce(value #>> '{}', 'missing') AS named, low, high
      FROM numbers, bounds
    ), labelled AS (
      SELECT part, coalesce(band, 99) AS place,
        coalesce(round((low + (band - 1) * (high - low) / 12)::numeric, 2)::text, named) AS band FROM bands
    )
    SELECT band,
      count(*) FILTER (WHERE part = 'now')::float
        / greatest(1, sum(count(*) FILTER (WHERE part = 'now')) OVER ()) AS now,
      count(*) FILTER (WHERE part = 'before')::float
        / greatest(1, sum(count(*) FILTER (WHERE part = 'before')) OVER ()) AS before
    FROM labelled GROUP BY place, band ORDER BY place, band LIMIT 40"""
EVENTS = """
    SELECT event_time, kind, subject, version, sentence FROM drift_events
    WHERE stream = ${stream:sqlstring} ORDER BY event_time DESC, id LIMIT 50"""
BUDGET = """
    SELECT extract(epoch FROM pane_end) * 1000 AS at, max(control_alarms)::float AS measured, max(allowed) AS allowed
    FROM budget WHERE stream = ${stream:sqlstring} GROUP BY pane_end ORDER BY pane_end DESC LIMIT $panes"""


def drift() -> models.Dashboard:
    """The board."""
    return board(
        "drift",
        "Drift",
        "A verdict needs an effect beyond what is tolerated, beyond chance, and for long enough; each is shown.",
        [
            number(
                "Drifted now",
                now(
                    'count by (stream) (leeway_drift_verdict{stream="$stream"} == 1)'
                    ' or 0 * leeway:balance:open{stream="$stream"}'
                ),
                "none",
                "Features and windows whose last verdict is `drifted`. 0 is good. A single window may be noise that"
                " persistence waits out; an incident is what counts.",
                ((None, GREEN), (1, AMBER)),
                THIRD,
            ),
            number(
                "Too few samples to tell",
                now(
                    'count by (stream) (leeway_drift_verdict{stream="$stream"} == -1)'
                    ' or 0 * leeway:balance:open{stream="$stream"}'
                ),
                "none",
                "Verdicts that say `insufficient`: neither stable nor drifted. Many of them: the pane is too short for"
                " this stream, raise [stream] pane.",
                span=THIRD,
            ),
            number(
                "False alarms measured on the reference",
                now('leeway_false_alarms_measured{stream="$stream"}'),
                "none",
                "Incidents that the champion's reference opens against itself (A/A). Not above what is allowed is good."
                " Above: drift is called out too often, try `leeway what-if`.",
                span=THIRD,
            ),
            matrix(
                "Effect of each feature, pane by pane",
                MAP,
                "Distance of one pane to the reference, 0 to 1: D for numbers, total variation for categories; for"
                " (loss) and (label) the change of outcomes. A green row is steady. One column red in all rows: a"
                " producer or a clock; one row: that feature, look at it below.",
                ((None, GREEN), (0.1, AMBER), (0.3, RED)),
            ),
            history(
                "Effect of $feature, its interval, and chance",
                EFFECT,
                "none",
                "The true effect lies between low and high with 95 %. Low above the tolerance for several panes is"
                " drift. An interval that is always wide: too few samples a pane.",
            ),
            history(
                "Mean of $feature and of its reference",
                MEAN,
                "none",
                "For categories and outcomes, the share missing. Together is good. A step is a changed unit or source;"
                " a slope is the season: declare [drift] season.",
            ),
            bars(
                "Distribution of $feature: now, and before version $model",
                SHAPE,
                "percentunit",
                "The last 2,000 samples against those up to what version $model has learnt from (or the first of the"
                " stream). The same shape is good. New values, gaps, or a spike at one value: ask the producer.",
            ),
            lines(
                "Effect by window",
                [('leeway_drift_effect{stream="$stream", feature="$feature"}', "{{window}} panes")],
                "none",
                "The same over wall-clock time, as Prometheus saw it. Long windows see slow drift that one pane hides.",
                HALF,
            ),
            history(
                "Budget of false alarms, measured and allowed",
                BUDGET,
                "none",
                "Measured on the reference itself, block by block. Measured at or below allowed is good; above for"
                " long: LeewayBudgetOverspent says what to do.",
            ),
            lines(
                "Incidents open",
                [('leeway_incidents_open{stream="$stream"}', "{{subject}}")],
                "none",
                "inputs: retrained for; outcomes: the model got worse; data: a producer broke, no retrain helps.",
                HALF,
            ),
            rows(
                "Verdicts on the last pane",
                VERDICTS,
                "Every test of the last judged pane. `test` says what decided, `worth_n` how many independent samples"
                " these were worth.",
            ),
            rows(
                "Incidents",
                EVENTS,
                "Opened, escalated, closed, each in one sentence. An incident without a decision after it: is the"
                " retrainer up?",
            ),
        ],
    )
