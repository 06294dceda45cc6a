"""What Leeway tells Prometheus: every name, its unit, labels and meaning, in this one place (-> docs/metrics.md).

No label is ever of a sample's making: ids, keys and messages are not labels. What features and partitions a stream has
is declared, reasons and steps are closed lists, and of versions only those that are served now are told.
"""

from infra.metrics.kinds import Count, Level, Metric, Spread

EVERY, SCORER, EXPORTER = "every process", "scorer", "exporter"
SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

# Of a process. The first are prometheus-client's own names.
CPU = Count("process_cpu_seconds_total", "Processor time, user and system, in seconds", EVERY)
MEMORY = Level("process_resident_memory_bytes", "Resident memory of the process, without its children", EVERY)
VIRTUAL = Level("process_virtual_memory_bytes", "Virtual memory of the process", EVERY)
OPEN_FILES = Level("process_open_fds", "File descriptors in use", EVERY)
MOST_FILES = Level("process_max_fds", "File descriptors that the process may use", EVERY)
STARTED = Level("process_start_time_seconds", "When the process began, epoch seconds", EVERY)
DISK_READ = Count("leeway_disk_read_bytes_total", "Bytes that the process had to read from a disk", EVERY)
DISK_WRITTEN = Count("leeway_disk_written_bytes_total", "Bytes that the process caused to be written to a disk", EVERY)
READY = Level("leeway_ready", "1 while /health/ready answers 200, else 0", EVERY)
LOG_LINES = Count("leeway_log_lines_total", "Lines logged, by level (info, warning, error)", EVERY, ("level",))
RETRIES = Count("leeway_retries_total", "Calls made again because a server was away", EVERY)

# Work, by stage: frame (framer); score, commit, judge (scorer); handle (warehouse, evaluator, retrainer, exporter).
STAGE = Spread(
    "leeway_stage_seconds", "One piece of work of a stage: a frame, a commit, a batch", EVERY, ("stage",), SECONDS
)
STAGE_RECORDS = Count("leeway_stage_records_total", "Records that a stage has worked on", EVERY, ("stage",))
REJECTED_FOR = Count(
    "leeway_rejected_total",
    "Records put into `rejected`, by reason (the closed list of schemas/reasons.py), when they are written",
    "scorer, evaluator",
    ("reason",),
)
REFUSED_ROWS = Count("leeway_rows_refused_total", "Rows that PostgreSQL refused, put aside as rejected", "warehouse")
QUEUE = Level("leeway_queue_frames", "Frames of a partition that wait for its commit", SCORER, ("partition",))
UNDELIVERED = Level("leeway_queue_undelivered", "Frames sent that Kafka has not acknowledged yet", "framer")

# The balance: fields of the committed position, so they never count twice and go on where an earlier process ended.
BALANCE = {
    name: Count(f"leeway_samples_{name}_total", meaning, SCORER, ("partition",))
    for name, meaning in {
        "received": "Records of samples that were taken; the sum of scored, rejected, duplicates and unavailable",
        "scored": "Records of samples with a prediction",
        "rejected": "Records of samples put aside with a reason",
        "duplicates": "Records of samples whose id was scored before in this partition",
        "late": "Scored samples that came too late for their window (among the scored)",
        "ahead": "Scored samples too far ahead of the stream to be believed (among the scored)",
        "unavailable": "Records of samples deleted before they were read",
    }.items()
}
OPEN = Level(
    "leeway_samples_open",
    "Records taken that ended nowhere, or (negative) twice: anything but 0 is a fault",
    SCORER,
    ("partition",),
)
WAITING = Level(
    "leeway_samples_waiting", "Offsets of samples after the committed position: the backlog", SCORER, ("partition",)
)
SCORING = Level(
    "leeway_scoring_version",
    "Version that a partition is scored with, as committed; 0: none yet",
    SCORER,
    ("partition",),
)
EVENT_TIME = Level(
    "leeway_event_time_seconds", "Largest event time believed of a partition, epoch seconds", SCORER, ("partition",)
)

# What spans processes: read from Kafka by the exporter.
LAG = Level(
    "leeway_consumer_lag_records",
    "Offsets between what a consumer group has committed and the end of a partition",
    EXPORTER,
    ("group", "topic", "partition"),
)
LAG_SECONDS = Level(
    "leeway_consumer_lag_seconds",
    "How long ago the oldest record that a group has not read yet came in; the worst partition",
    EXPORTER,
    ("group", "topic"),
)
LOOKED = Level("leeway_exporter_looked_seconds", "When Kafka last answered the exporter, epoch seconds", EXPORTER)

# The model. `role` is champion, shadow or previous.
VERSION = Level("leeway_model_version", "Version in a role, as the topic `models` says", EXPORTER, ("role",))
TRAINED_UNTIL = Level(
    "leeway_model_trained_until_seconds", "Event time up to which the champion knows labels, epoch seconds", EXPORTER
)
PROMOTED = Level("leeway_model_promoted_seconds", "When scorers were told of the champion, epoch seconds", EXPORTER)
SERVED = Level(
    "leeway_model_served_partitions",
    "Partitions whose last report in `served` is of this version",
    EXPORTER,
    ("version",),
)
SKEW = Level(
    "leeway_model_skew_partitions", "Partitions that reported another version than the champion's last", EXPORTER
)
SIZE = Level("leeway_model_size_bytes", "Bytes of what serves the version trained last", EXPORTER)
TRAINING = Level("leeway_training_seconds", "From start to trained of the last retrain, wall clock", EXPORTER)
TRAINING_ROWS = Level("leeway_training_rows", "Labelled samples that the last retrain was trained on", EXPORTER)
LOG_LOSS = Level(
    "leeway_model_log_loss",
    "Mean log-loss in nats over the last 7 panes with labels, of the versions in a role now",
    EXPORTER,
    ("role", "version"),
)
BRIER = Level("leeway_model_brier", "Mean Brier score over the same panes", EXPORTER, ("role", "version"))
ACCURACY = Level("leeway_model_accuracy", "Share of right classes over the same panes", EXPORTER, ("role", "version"))
LABEL_LAG = Level(
    "leeway_label_lag_seconds", "Mean event time from a sample to its label, over the same panes, champion", EXPORTER
)
LABEL_COVERAGE = Level(
    "leeway_label_coverage", "Share of samples with a label, over the last panes whose labels were due", EXPORTER
)
LABELS_BEHIND = Level(
    "leeway_labels_behind_seconds",
    "Event time from the last pane whose labels are all due to the newest pane",
    EXPORTER,
)
PANE = Level("leeway_pane_seconds", "Length of the smallest window, event time, as declared", EXPORTER)
LABEL_WAIT = Level("leeway_label_wait_seconds", "How long labels of a pane are waited for, as declared", EXPORTER)

# Drift, of the champion (of the version before it while nothing of it is judged). `window` is in panes; `feature` as
# declared, or the score and the outcomes' rows.
EFFECT = Level("leeway_drift_effect", "Effect of the deciding test of the last window", EXPORTER, ("feature", "window"))
LIMIT = Level(
    "leeway_drift_limit",
    "What the effect stays below by chance, at the level of one test",
    EXPORTER,
    ("feature", "window"),
)
PSI = Level("leeway_drift_psi", "Population stability index of the last window", EXPORTER, ("feature", "window"))
MISSING = Level(
    "leeway_drift_missing_ratio", "Share of missing values in the last window", EXPORTER, ("feature", "window")
)
VERDICT = Level(
    "leeway_drift_verdict", "Verdict: 1 drifted, 0 stable, -1 insufficient data", EXPORTER, ("feature", "window")
)
JUDGED = Level("leeway_drift_judged_seconds", "End of the last pane judged, event time, epoch seconds", EXPORTER)
INCIDENTS = Level(
    "leeway_incidents_open",
    "Open incidents, by subject: inputs, outcomes, or of the data's quality",
    EXPORTER,
    ("subject",),
)
EVENTS = Count(
    "leeway_drift_events_total",
    "Drift events of the topic, by kind (opened, escalated, closed) and subject; goes on over restarts",
    EXPORTER,
    ("kind", "subject"),
)
ALARMS_MEASURED = Level(
    "leeway_false_alarms_measured", "Incidents that the champion's own reference opens against itself (A/A)", EXPORTER
)
ALARMS_ALLOWED = Level("leeway_false_alarms_allowed", "As many of these the [drift] budget allows", EXPORTER)
ALARMS_PANES = Level("leeway_false_alarms_panes", "Blocks of the reference judged for it", EXPORTER)

# Retraining.
DECISIONS = Count(
    "leeway_decisions_total", "Decisions of the topic, by step of a retrain; goes on over restarts", EXPORTER, ("step",)
)
IN_FLIGHT = Level(
    "leeway_retrain_in_flight",
    "1 while a retrain, promotion or rollback works, not while a shadow is looked at; else 0",
    EXPORTER,
)
FLIGHT_STARTED = Level("leeway_retrain_started_seconds", "When the last of these began, epoch seconds", EXPORTER)
FAILURES = Level("leeway_retrain_failures_in_row", "Retrains in a row that ended as failed", EXPORTER)
REJECTIONS = Level(
    "leeway_retrain_rejections_in_row",
    "Retrains in a row that ended without a promotion, failed ones among them",
    EXPORTER,
)

# The machine and what `leeway up` keeps alive (not told where another supervisor does that).
DISK_FREE = Level("leeway_disk_free_bytes", "Free on the disk of the deployment's folder", EXPORTER)
DISK_SIZE = Level("leeway_disk_size_bytes", "Size of that disk", EXPORTER)
NET_RECEIVED = Count("leeway_network_received_bytes_total", "Received by this machine, all interfaces", EXPORTER)
NET_SENT = Count("leeway_network_sent_bytes_total", "Sent by this machine, all interfaces", EXPORTER)
RUNNING = Level(
    "leeway_supervised_running", "1 while a process of `leeway up` runs and is ready, else 0", EXPORTER, ("name",)
)
RESTARTS = Count("leeway_supervised_restarts_total", "Restarts of a process by `leeway up`", EXPORTER, ("name",))
RESIDENT = Level(
    "leeway_supervised_memory_bytes",
    "Resident memory of a process of `leeway up` with its children",
    EXPORTER,
    ("name",),
)

ALL: dict[str, Metric] = {
    metric.name: metric
    for value in list(globals().values())
    for metric in (value.values() if isinstance(value, dict) else (value,))
    if isinstance(metric, Metric)
}
"""Every metric by its name."""
