"""The first look: does it flow, is the model good, is anybody to be woken."""

from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.board import board
from infra.grafana.build.panels import AMBER, GREEN, HALF, RED, Sql, history, lines, now, number, rows

LIVE = """
    SELECT sum(log_loss * labelled) / sum(labelled) AS live FROM performance
    WHERE stream = ${stream:sqlstring} AND role = 'champion' AND labelled > 0"""
NEVER = """
    SELECT sum(log_loss * labelled) / sum(labelled) AS never_retrained FROM performance
    WHERE stream = ${stream:sqlstring} AND version = 1 AND labelled > 0"""
LOSSES = """
    SELECT extract(epoch FROM pane_start) * 1000 AS at,
      sum(log_loss * labelled) FILTER (WHERE role = 'champion')
        / nullif(sum(labelled) FILTER (WHERE role = 'champion'), 0) AS champion,
      sum(log_loss * labelled) FILTER (WHERE role = 'shadow')
        / nullif(sum(labelled) FILTER (WHERE role = 'shadow'), 0) AS shadow
    FROM performance WHERE stream = ${stream:sqlstring} AND labelled > 0
    GROUP BY pane_start ORDER BY pane_start DESC LIMIT $panes"""
DECIDED = """
    SELECT at, event_time, retrain, step, version, reason FROM decisions
    WHERE stream = ${stream:sqlstring} ORDER BY at DESC LIMIT 20"""


def overview() -> models.Dashboard:
    """The board."""
    return board(
        "overview",
        "Overview",
        "Start here. Green is well; each figure says in its description (the i) what to do when it is not.",
        [
            number(
                "Samples a second",
                now('leeway:samples:rate1m{stream="$stream"}'),
                "cps",
                "Scored in the last minute. As many as producers send is good; 0 while they send is not: see Pipeline"
                " health, which stage stands.",
            ),
            number(
                "Champion",
                now('leeway_model_version{stream="$stream", role="champion"}'),
                "none",
                "Version that scorers are told to serve. It changes only with a promotion or a rollback: Models and"
                " retraining has the reason.",
            ),
            number(
                "Champion's knowledge is behind by",
                now(
                    'max by (stream) (leeway_event_time_seconds{stream="$stream"})'
                    ' - on (stream) leeway_model_trained_until_seconds{stream="$stream"}'
                ),
                "s",
                "Event time since the last label that the champion has learnt from. Less than [retrain] maximum_age is"
                " good; more: see why retrains are skipped, on Models and retraining.",
            ),
            number(
                "Open incidents",
                now('sum by (stream) (leeway_incidents_open{stream="$stream"})'),
                "none",
                "0 is good. Otherwise see Drift: what moved; the retrainer answers, or says why it does not.",
                ((None, GREEN), (1, AMBER)),
            ),
            number(
                "Lag",
                now('max by (stream) (leeway:lag:seconds{stream="$stream"})'),
                "s",
                "How long the oldest record that some reader has not read yet has waited. Seconds are good; a growing"
                " figure is a backlog: Pipeline health says whose.",
                ((None, GREEN), (30, AMBER), (60, RED)),
            ),
            number(
                "Balance",
                now('leeway:balance:open{stream="$stream"}'),
                "none",
                "Samples taken that ended nowhere, or twice. Anything but 0 is a fault: run `leeway verify`.",
                ((None, GREEN), (1, RED)),
            ),
            number(
                "Rejected",
                now('leeway:rejected:ratio5m{stream="$stream"}'),
                "percentunit",
                "Share of samples put aside in five minutes. What a producer's slips make is good; a jump is a release"
                " of one: Data quality has reasons and records.",
                ((None, GREEN), (0.01, AMBER), (0.05, RED)),
            ),
            number(
                "Alerts firing",
                now(
                    'count by (stream) (ALERTS{stream="$stream", alertstate="firing"})'
                    ' or 0 * leeway:balance:open{stream="$stream"}'
                ),
                "none",
                "0 is good. Each alert has a page in docs/runbooks by its name.",
                ((None, GREEN), (1, RED)),
            ),
            number(
                "Log-loss, live",
                Sql(LIVE),
                "none",
                "Of every labelled sample by the version that answered it. Lower is better; compare it with the one"
                " beside it.",
            ),
            number(
                "Log-loss, never retrained",
                Sql(NEVER),
                "none",
                "Of version 1 while it scored, and beside the champion with [model] baseline = 'first'. The difference"
                " to the live one is what retraining was worth.",
            ),
            number(
                "Processes up",
                now('count by (job) (up{stream="$stream"} == 1)'),
                "none",
                "All that were started is good (six, one for each further framer, scorer). Fewer: LeewayServiceDown.",
            ),
            number(
                "Judged until",
                now('leeway_drift_judged_seconds{stream="$stream"} * 1000'),
                "dateTimeAsIso",
                "Event time up to which drift is judged. It follows the stream by a pane; if it stands, one partition"
                " is silent, or the judge is: see Pipeline health.",
            ),
            history(
                "Log-loss by event time",
                LOSSES,
                "none",
                "Champion against the versions beside it, pane by pane. The champion below is good. If it lies above"
                " for many panes, a rollback is due, or a retrain: Models and retraining.",
            ),
            lines(
                "Flow",
                [
                    (
                        'sum by (process) (rate(leeway_samples_scored_total{stream="$stream"}[1m]))',
                        "scored by {{process}}",
                    ),
                    ('sum(leeway_samples_waiting{stream="$stream"})', "waiting"),
                ],
                "short",
                "Samples scored a second by each scorer, and how many wait. Waiting that grows for minutes: start more"
                " scorers.",
                HALF,
            ),
            rows(
                "Last decisions",
                DECIDED,
                "Each step of each retrain with its reason. `skipped` again and again for the same reason is worth a"
                " look: too few labels, cooldown, daily cap.",
            ),
        ],
    )
