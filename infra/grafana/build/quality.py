"""What comes in, and what is wrong with it."""

from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.board import board
from infra.grafana.build.panels import AMBER, GREEN, HALF, RED, STREAM, bars, history, lines, matrix, now, number, rows

REASONS = """
    SELECT reason, count(*) FILTER (WHERE topic LIKE '%.samples') AS samples,
      count(*) FILTER (WHERE topic LIKE '%.labels') AS labels,
      count(*) FILTER (WHERE topic NOT LIKE '%.samples' AND topic NOT LIKE '%.labels') AS others
    FROM rejected WHERE stream = ${stream:sqlstring} GROUP BY reason
    UNION ALL SELECT 'nothing was rejected', 0, 0, 0
    WHERE NOT EXISTS (SELECT FROM rejected WHERE stream = ${stream:sqlstring})
    ORDER BY 2 DESC"""
NEWEST = """
    SELECT at, topic, partition, "offset", reason, detail, left(convert_from(value, 'SQL_ASCII'), 200) AS record
    FROM (SELECT * FROM rejected WHERE stream = ${stream:sqlstring} ORDER BY at DESC NULLS LAST LIMIT 50) AS newest
    UNION ALL SELECT now(), '-', NULL, NULL, 'none', 'nothing was put aside so far', NULL
    WHERE NOT EXISTS (SELECT FROM rejected WHERE stream = ${stream:sqlstring})
    ORDER BY 1 DESC"""
MISSING = """
    SELECT feature, to_char(pane_end, 'MM-DD HH24:MI') AS pane, missing AS value FROM drift
    WHERE stream = ${stream:sqlstring} AND window_panes = 1 AND feature NOT LIKE '(%' AND pane_end IN (
      SELECT DISTINCT pane_end FROM drift WHERE stream = ${stream:sqlstring} ORDER BY pane_end DESC LIMIT 24)
    ORDER BY pane_end, feature"""
VOLUME = """
    SELECT extract(epoch FROM pane_start) * 1000 AS at, sum(predictions)::float AS samples,
      sum(labelled)::float AS labelled
    FROM performance WHERE stream = ${stream:sqlstring} AND role = 'champion'
    GROUP BY pane_start ORDER BY pane_start DESC LIMIT $panes"""
SEGMENT = """
    SELECT coalesce(features ->> ${segment:sqlstring}, 'missing') AS segment, count(*)::float AS samples,
      count(*) FILTER (WHERE coalesce(json_typeof(features -> ${feature:sqlstring}), 'null') = 'null')::float
        AS "without the feature"
    FROM (SELECT features FROM predictions WHERE stream = ${stream:sqlstring} ORDER BY ts DESC LIMIT 5000) AS newest
    GROUP BY 1 ORDER BY samples DESC LIMIT 25"""
LATE = """
    SELECT reason, count(*)::float AS records FROM late WHERE stream = ${stream:sqlstring} GROUP BY reason
    UNION ALL SELECT 'scored in all', count(*)::float FROM predictions WHERE stream = ${stream:sqlstring}
    ORDER BY 1"""


def quality() -> models.Dashboard:
    """The board."""
    return board(
        "quality",
        "Data quality",
        "Nothing is dropped: what cannot be scored lies in `rejected` with its reason, as it came.",
        [
            number(
                "Rejected, of all samples",
                now(f"sum(leeway_samples_rejected_total{STREAM}) / sum(leeway_samples_received_total{STREAM})"),
                "percentunit",
                "Since the stream began. Small and steady is good.",
                ((None, GREEN), (0.01, AMBER), (0.05, RED)),
            ),
            number(
                "Duplicates",
                now(f"sum(leeway_samples_duplicates_total{STREAM})"),
                "none",
                "Samples whose id was scored before: producers that send again. Harmless; many cost capacity.",
            ),
            number(
                "Late",
                now(f"sum(leeway_samples_late_total{STREAM})"),
                "none",
                "Scored, but too late for their window of drift. Many: raise [stream] lateness.",
            ),
            number(
                "Ahead",
                now(f"sum(leeway_samples_ahead_total{STREAM})"),
                "none",
                "Scored, dated too far ahead to be believed. Any: a producer's clock is wrong.",
            ),
            number(
                "Gone before they were read",
                now(f"sum(leeway_samples_unavailable_total{STREAM})"),
                "none",
                "Deleted by retention first. 0 is good; else raise [stream] retention_bytes: it stood for too long.",
                ((None, GREEN), (1, RED)),
            ),
            number(
                "Labels in time",
                now(f"leeway_label_coverage{STREAM}"),
                "percentunit",
                "Share of samples with a label when it was due. Near what it always was is good; below half:"
                " LeewayLabelsMissing.",
                ((None, RED), (0.5, AMBER), (0.8, GREEN)),
            ),
            bars(
                "Rejected by reason",
                REASONS,
                "none",
                "Of samples and of labels. One new reason at once is a producer's release; `no_sample` labels have ids"
                " that no sample has.",
            ),
            lines(
                "Rejected, over time",
                [
                    (f"leeway:rejected:ratio5m{STREAM}", "share of samples"),
                    (
                        f"rate(leeway_samples_duplicates_total{STREAM}[5m])",
                        "duplicates a second, partition {{partition}}",
                    ),
                ],
                "none",
                "When did it begin? The annotations say what was promoted or opened then.",
            ),
            matrix(
                "Missing values of each feature, pane by pane",
                MISSING,
                "Share of samples without the value. Steady is good. A cell that turns red: the source of that feature"
                " broke; a column: a producer.",
                ((None, GREEN), (0.1, AMBER), (0.5, RED)),
                "percentunit",
            ),
            lines(
                "Missing now, by feature",
                [('leeway_drift_missing_ratio{stream="$stream", window="1"}', "{{feature}}")],
                "percentunit",
                "The last judged pane. A step is a broken source: tell its owner, retraining does not help.",
            ),
            history(
                "Samples and labels by event time",
                VOLUME,
                "none",
                "The stream's own rhythm is good. A gap: producers stood; labels below samples: they are still due, or"
                " lost.",
            ),
            bars(
                "Samples by $segment, and those without $feature",
                SEGMENT,
                "none",
                "The newest 5,000. A value of the segment that stands out is where to look for the broken producer.",
                HALF,
            ),
            bars(
                "Late and ahead, of all",
                LATE,
                "none",
                "Small beside what was scored is good. They are in `late` as they came.",
            ),
            lines(
                "Event time of partitions",
                [(f"leeway_event_time_seconds{STREAM} * 1000", "partition {{partition}}")],
                "dateTimeAsIso",
                "Together is good. One that stands holds verdicts up until it is known to be idle; one far ahead: a"
                " wrong clock.",
            ),
            rows(
                "Newest records put aside",
                NEWEST,
                "As they came, the first 200 characters; `leeway rejected` has them whole. Mended, send them again.",
            ),
        ],
    )
