"""Each stage and process: what it does, what it waits for, what it needs."""

from grafana_foundation_sdk.models import dashboard as models

from infra.grafana.build.board import board
from infra.grafana.build.panels import HALF, STREAM, Sql, lines, now, number, rows

STORED = """
    SELECT relname AS "table", pg_total_relation_size(oid) AS bytes, greatest(reltuples, 0)::bigint AS "rows, about"
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
    ORDER BY bytes DESC LIMIT 20"""
REACHED = """
    SELECT topic, partition, next AS "written up to" FROM positions
    WHERE stream = ${stream:sqlstring} ORDER BY topic, partition"""
SERVED = """
    SELECT DISTINCT ON (source_partition) source_partition AS partition, worker, version, from_offset AS "from offset",
      at, model_sha256 FROM served
    WHERE stream = ${stream:sqlstring} ORDER BY source_partition, "offset" DESC"""


def pipeline() -> models.Dashboard:
    """The board."""
    return board(
        "pipeline",
        "Pipeline health",
        "From samples to tables, stage by stage. Where one stands, the one before it queues, the one after it idles.",
        [
            lines(
                "Records a second, by stage",
                [(f"sum by (stage, process) (rate(leeway_stage_records_total{STREAM}[1m]))", "{{stage}} {{process}}")],
                "cps",
                "frame, score and handle follow what producers send; judge works once a pane. One that is lower than"
                " the others is the narrow place.",
            ),
            lines(
                "Time of one piece of work, by stage",
                [
                    (f"leeway:stage_seconds:p50_5m{STREAM}", "{{stage}}, median"),
                    (f"leeway:stage_seconds:p99_5m{STREAM}", "{{stage}}, 99 %"),
                ],
                "s",
                "A frame, a commit, a batch. Commits of some 10 ms are good; hundreds: the broker's disk is slow.",
            ),
            lines(
                "Lag in seconds, by reader",
                [(f"leeway:lag:seconds{STREAM}", "{{group}}")],
                "s",
                "How long the oldest unread record has waited. Below seconds is good; a slope of one second a second is"
                " a reader that stands.",
            ),
            lines(
                "Lag in records, by partition",
                [
                    (
                        f"leeway_consumer_lag_records{STREAM} > 0 or leeway_samples_waiting{STREAM}",
                        "{{group}} {{topic}} {{partition}}",
                    )
                ],
                "none",
                "All partitions alike: too few workers. One alone: a hot key.",
            ),
            lines(
                "Frames that wait for a commit",
                [
                    (f"leeway_queue_frames{STREAM}", "partition {{partition}}"),
                    (f"leeway_queue_undelivered{STREAM}", "{{process}}: not acknowledged"),
                ],
                "none",
                "Up to four of a partition is good; always four: commits are the narrow place.",
            ),
            lines(
                "Put aside, by reason",
                [
                    (f"sum by (reason, process) (rate(leeway_rejected_total{STREAM}[5m]))", "{{reason}} {{process}}"),
                    (f"rate(leeway_rows_refused_total{STREAM}[5m])", "rows that PostgreSQL refused"),
                ],
                "cps",
                "0 is good. Data quality shows the records.",
            ),
            lines(
                "Version that each partition is scored with",
                [(f"leeway_scoring_version{STREAM}", "partition {{partition}}")],
                "none",
                "All on one line is good; they step together at a promotion: proof of reload, as committed.",
            ),
            lines(
                "Errors, retries",
                [
                    (f"leeway:error_lines:rate5m{STREAM}", "errors logged, {{process}}"),
                    (f"rate(leeway_retries_total{STREAM}[5m])", "calls made again, {{process}}"),
                ],
                "cps",
                "0 is good. Retries say that a server is away; the log of the process says which.",
            ),
            lines(
                "Processor",
                [(f"rate(process_cpu_seconds_total{STREAM}[1m])", "{{process}}")],
                "percentunit",
                "100 % is one core. A scorer or framer near it is at its limit: start another one.",
            ),
            lines(
                "Memory",
                [
                    (f"process_resident_memory_bytes{STREAM}", "{{process}}"),
                    (f"leeway_supervised_memory_bytes{STREAM}", "{{name}} with children"),
                ],
                "bytes",
                "Flat is good. A steady slope over hours is a leak: keep the process's log, restart it, tell us.",
            ),
            lines(
                "Open files",
                [(f"process_open_fds{STREAM} / process_max_fds{STREAM}", "{{process}}")],
                "percentunit",
                "Of what a process may open. Far from 100 % is good; more partitions need more.",
            ),
            lines(
                "Disk: free",
                [
                    (f"leeway:disk:free_ratio{STREAM}", "free"),
                ],
                "percentunit",
                "Above 10 % is good. Below 5 %: LeewayDiskFull.",
            ),
            lines(
                "Bytes a second",
                [
                    (f"rate(leeway_disk_read_bytes_total{STREAM}[1m])", "{{process}} read"),
                    (f"rate(leeway_disk_written_bytes_total{STREAM}[1m])", "{{process}} wrote"),
                    (f"rate(leeway_network_received_bytes_total{STREAM}[1m])", "machine received"),
                    (f"rate(leeway_network_sent_bytes_total{STREAM}[1m])", "machine sent"),
                ],
                "Bps",
                "Of disk by process, of network by machine. Near what the hardware gives: that is the narrow place.",
            ),
            lines(
                "Ready, and running",
                [
                    (f"leeway_ready{STREAM}", "{{process}} ready"),
                    (f"leeway_supervised_running{STREAM}", "{{name}} runs"),
                    (f"changes(process_start_time_seconds{STREAM}[15m])", "{{process}} restarts"),
                ],
                "none",
                "1 is good for ready and running, 0 for restarts in a quarter of an hour. Not ready: /health/ready says"
                " why.",
            ),
            number(
                "Stored in PostgreSQL",
                Sql("SELECT pg_database_size(current_database()) AS bytes"),
                "bytes",
                "It grows with the stream: a sample is some 300 bytes. Too large: purge what is older than you need.",
            ),
            number(
                "Exporter's last look at Kafka",
                now(f"time() - leeway_exporter_looked_seconds{STREAM}"),
                "s",
                "Below ten seconds is good. More: Kafka is away, LeewayKafkaAway; lags are as they were then.",
            ),
            rows(
                "Who serves what",
                SERVED,
                "The last report of each partition: worker, version, and from which offset on. All the same version is"
                " good.",
                HALF,
            ),
            rows(
                "Tables",
                STORED,
                "Bytes with indexes. `predictions` is the largest; `leeway purge` throws old rows away.",
                HALF,
            ),
            rows(
                "Written to PostgreSQL up to",
                REACHED,
                "Offsets that the tables hold. If one stands while its topic grows, the warehouse stands: see its log.",
                HALF,
            ),
        ],
    )
