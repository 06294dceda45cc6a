-- Rows that mirror a log are keyed by their place in it, so that the same messages can be written any number of times.

CREATE TABLE predictions (
    stream text NOT NULL,
    partition integer NOT NULL,          -- of `samples`
    "offset" bigint NOT NULL,            -- in `samples`
    id text NOT NULL,
    ts timestamptz NOT NULL,
    version integer NOT NULL,
    score double precision NOT NULL,
    class integer NOT NULL,
    shadow jsonb NOT NULL,               -- version -> score
    features json NOT NULL,              -- as received: json, not jsonb, is stored without being taken apart
    PRIMARY KEY (stream, partition, "offset")
);
CREATE INDEX predictions_id ON predictions (stream, id);
CREATE INDEX predictions_ts ON predictions (stream, ts);

CREATE TABLE labels (
    stream text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    id text NOT NULL,
    ts timestamptz NOT NULL,             -- since when the label is known
    label integer NOT NULL,
    PRIMARY KEY (stream, partition, "offset")
);
CREATE INDEX labels_id ON labels (stream, id);

CREATE TABLE rejected (
    stream text NOT NULL,
    topic text NOT NULL,                 -- place of the record as it was received
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    key bytea,
    value bytea,
    at timestamptz,
    PRIMARY KEY (stream, topic, partition, "offset", reason)
);
CREATE TABLE late (LIKE rejected INCLUDING ALL);

CREATE TABLE drift (
    stream text NOT NULL,
    version integer NOT NULL,
    pane_end timestamptz NOT NULL,
    window_panes integer NOT NULL,
    feature text NOT NULL,
    n bigint NOT NULL,
    m bigint NOT NULL,
    effect double precision NOT NULL,
    p double precision NOT NULL,
    psi double precision NOT NULL,
    mean double precision,
    std double precision,
    reference_mean double precision,
    reference_std double precision,
    missing double precision NOT NULL,
    verdict text NOT NULL,
    PRIMARY KEY (stream, version, pane_end, window_panes, feature)
);

CREATE TABLE drift_events (
    id text PRIMARY KEY,
    stream text NOT NULL,
    incident text NOT NULL,
    version integer NOT NULL,
    kind text NOT NULL,
    event_time timestamptz NOT NULL,
    shifts jsonb NOT NULL,
    sentence text NOT NULL
);
CREATE INDEX drift_events_time ON drift_events (stream, event_time);

CREATE TABLE performance (
    stream text NOT NULL,
    role text NOT NULL,
    version integer NOT NULL,
    pane_start timestamptz NOT NULL,
    pane_end timestamptz NOT NULL,
    predictions bigint NOT NULL,
    labelled bigint NOT NULL,
    log_loss double precision,           -- these four are null while nothing is labelled
    brier double precision,
    accuracy double precision,
    label_lag_ms bigint,
    watermark timestamptz NOT NULL,
    PRIMARY KEY (stream, role, version, pane_start)
);

CREATE TABLE decisions (
    stream text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    retrain text NOT NULL,
    event text NOT NULL,
    step text NOT NULL,
    reason text NOT NULL,
    event_time timestamptz NOT NULL,
    at timestamptz NOT NULL,
    version integer,
    figures jsonb NOT NULL,
    PRIMARY KEY (stream, partition, "offset")
);
CREATE INDEX decisions_retrain ON decisions (stream, retrain);

CREATE TABLE models (
    stream text NOT NULL,
    "offset" bigint NOT NULL,
    version integer NOT NULL,
    previous integer,
    shadows jsonb NOT NULL,              -- versions
    model_sha256 text NOT NULL,
    retrain text NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (stream, "offset")
);

CREATE TABLE served (
    stream text NOT NULL,
    "offset" bigint NOT NULL,
    worker text NOT NULL,
    source_partition integer NOT NULL,
    version integer NOT NULL,
    model_sha256 text NOT NULL,
    from_offset bigint NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (stream, "offset")
);

-- Up to where (exclusive) these tables hold what a partition of a topic holds; written with the rows.
CREATE TABLE positions (
    stream text NOT NULL,
    topic text NOT NULL,
    partition integer NOT NULL,
    next bigint NOT NULL,
    PRIMARY KEY (stream, topic, partition)
);
