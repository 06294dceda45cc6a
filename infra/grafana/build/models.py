"""Which model answers, why it does, and how good it is."""

from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.board import board
from infra.grafana.build.panels import AMBER, GREEN, HALF, RED, bars, history, lines, now, number, rows

VERSIONS = """
    SELECT told.version, told.at AS "served since", told.previous, told.retrain,
      trained.event_time AS "knows until", (trained.figures ->> 'log_loss')::float AS "log-loss when proven",
      (SELECT sum(log_loss * labelled) / nullif(sum(labelled), 0) FROM performance AS live
       WHERE live.stream = told.stream AND live.version = told.version AND role = 'champion') AS "log-loss live",
      (trained.figures ->> 'serving_bytes')::float AS bytes, told.model_sha256
    FROM models AS told LEFT JOIN LATERAL (
      SELECT event_time, figures FROM decisions AS one
      WHERE one.stream = told.stream AND one.retrain = told.retrain AND one.step = 'trained' LIMIT 1) AS trained ON true
    WHERE told.stream = ${stream:sqlstring} ORDER BY told."offset" DESC LIMIT 50"""
GATES = """
    SELECT retrain, (figures ->> 'low')::float AS low, (figures ->> 'gain')::float AS gain,
      (figures ->> 'high')::float AS high, (figures ->> 'champion')::float AS champion,
      (figures ->> 'challenger')::float AS challenger, (figures ->> 'rows')::float AS rows, event_time, reason
    FROM decisions WHERE stream = ${stream:sqlstring} AND step = 'gated' ORDER BY at DESC LIMIT 50"""
SHADOW = """
    SELECT extract(epoch FROM pane_start) * 1000 AS at,
      sum(log_loss * labelled) FILTER (WHERE role = 'champion')
        / nullif(sum(labelled) FILTER (WHERE role = 'champion'), 0) AS champion,
      sum(log_loss * labelled) FILTER (WHERE role = 'shadow')
        / nullif(sum(labelled) FILTER (WHERE role = 'shadow'), 0) AS shadow,
      sum(log_loss * labelled) FILTER (WHERE version = $model)
        / nullif(sum(labelled) FILTER (WHERE version = $model), 0) AS "version $model"
    FROM performance WHERE stream = ${stream:sqlstring} AND labelled > 0
    GROUP BY pane_start ORDER BY pane_start DESC LIMIT $panes"""
TRAIL = """
    SELECT at, event_time, retrain, step, version, reason FROM decisions
    WHERE stream = ${stream:sqlstring} ORDER BY at DESC LIMIT 200"""
LABELS = """
    SELECT extract(epoch FROM pane_start) * 1000 AS at, sum(labelled)::float / nullif(sum(predictions), 0) AS coverage
    FROM performance WHERE stream = ${stream:sqlstring} AND role = 'champion'
    GROUP BY pane_start ORDER BY pane_start DESC LIMIT $panes"""
SEGMENT = """
    WITH picked AS (
      SELECT id, score, coalesce(features ->> ${segment:sqlstring}, 'missing') AS segment FROM predictions
      WHERE stream = ${stream:sqlstring} ORDER BY ts DESC LIMIT 5000
    )
    SELECT segment, avg(score) AS score, avg(label)::float AS label,
      avg(-ln(least(greatest(CASE WHEN label = 1 THEN score ELSE 1 - score END, 1e-15), 1))) AS log_loss
    FROM picked LEFT JOIN LATERAL (
      SELECT label FROM labels WHERE labels.stream = ${stream:sqlstring} AND labels.id = picked.id
      ORDER BY partition, "offset" DESC LIMIT 1) AS known ON true
    GROUP BY segment ORDER BY count(*) DESC LIMIT 25"""


def retraining() -> models.Dashboard:
    """The board."""
    return board(
        "models",
        "Models and retraining",
        "Every version, every decision and its reason.",
        [
            number(
                "Retrain in flight",
                now('leeway_retrain_in_flight{stream="$stream"}'),
                "none",
                "1 while one runs, for minutes. For hours: LeewayRetrainStuck.",
                ((None, GREEN), (1, AMBER)),
            ),
            number(
                "Failed in a row",
                now('leeway_retrain_failures_in_row{stream="$stream"}'),
                "none",
                "0 is good. 2: LeewayRetrainFailing; the reason stands in the trail below.",
                ((None, GREEN), (1, AMBER), (2, RED)),
            ),
            number(
                "Not promoted in a row",
                now('leeway_retrain_rejections_in_row{stream="$stream"}'),
                "none",
                "Challengers that the gate turned down. A few are the gate at work; many: what can be learnt is"
                " learnt, or the features do not hold what changed.",
            ),
            number(
                "Last training",
                now('leeway_training_seconds{stream="$stream"}'),
                "s",
                "From start to trained. It grows with history; [retrain] time_limit ends it.",
            ),
            number(
                "Size of the model",
                now('leeway_model_size_bytes{stream="$stream"}'),
                "bytes",
                "Of what serves the last version. If it grows by much, scorers need the memory twice while they swap.",
            ),
            number(
                "Partitions with another version",
                now('leeway:versions:skew{stream="$stream"}'),
                "none",
                "0 is good; for seconds after a promotion more. For minutes: LeewayVersionSkew.",
                ((None, GREEN), (1, RED)),
            ),
            rows(
                "Versions",
                VERSIONS,
                "Each record of what was to be served, newest first; a version leads to MLflow. The live log-loss near"
                " the one of its proof is good; far above: the world changed, or the proof was too easy.",
                link=("version", "In MLflow", "${mlflow}/#/models/$stream/versions/${__value.raw}"),
            ),
            history(
                "Log-loss: champion, shadow, version $model",
                SHADOW,
                "none",
                "By event time. The champion lowest is good. A shadow below it for many panes should be promoted.",
            ),
            lines(
                "Log-loss of the last panes, as Prometheus saw it",
                [('leeway_model_log_loss{stream="$stream"}', "{{role}} {{version}}")],
                "none",
                "The mean over the last seven panes with labels. A step up after a promotion: put the earlier version"
                " back.",
            ),
            rows(
                "Gate: what a challenger gained, with its interval",
                GATES,
                "The gain in log-loss over the champion on the same samples, 95 % from low to high. Low above"
                " [promotion] min_gain passes. An interval across 0 says that more labels are needed.",
            ),
            lines(
                "Accuracy and Brier score",
                [
                    ('leeway_model_accuracy{stream="$stream"}', "accuracy, {{role}} {{version}}"),
                    ('leeway_model_brier{stream="$stream"}', "Brier, {{role}} {{version}}"),
                ],
                "none",
                "Accuracy is better high, Brier low. Accuracy alone misleads where one class is rare.",
            ),
            lines(
                "Partitions by the version that they report",
                [('leeway_model_served_partitions{stream="$stream"}', "version {{version}}")],
                "none",
                "Proof of reload: after a promotion all partitions move to the new version within seconds. One that"
                " stays: see that scorer's log.",
            ),
            history(
                "Labels: share of samples that have one",
                LABELS,
                "percentunit",
                "Newest panes are still waiting for theirs. A drop further back: labels stopped, or ids changed;"
                " LeewayLabelsMissing.",
            ),
            lines(
                "Labels: delay and distance",
                [
                    ('leeway_label_lag_seconds{stream="$stream"}', "mean delay of a label"),
                    ('leeway_labels_behind_seconds{stream="$stream"}', "last complete pane behind the newest"),
                ],
                "s",
                "In event time. Steady is good. A distance that grows: no labels come, LeewayLabelsLate.",
            ),
            bars(
                "Score, label and loss by $segment",
                SEGMENT,
                "none",
                "The newest 5,000 samples. A segment whose loss stands out is where the model fails; whose score and"
                " label lie apart, where it is biased.",
                HALF,
            ),
            lines(
                "Decisions",
                [('sum by (step) (leeway_decisions_total{stream="$stream"})', "{{step}}")],
                "none",
                "Steps so far. Each start should end as promoted or rejected; failed is not good.",
            ),
            rows(
                "Trail of decisions",
                TRAIL,
                "Why the model changed, or did not. Every retrain ends with promoted, rejected or failed, a way back"
                " with rolled_back.",
            ),
        ],
    )
