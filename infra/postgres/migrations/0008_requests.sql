-- What people asked of the retrainer; the answers are in decisions, with the id as event.
CREATE TABLE requests (
    stream text NOT NULL,
    "offset" bigint NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL,
    version integer,
    force boolean NOT NULL,
    PRIMARY KEY (stream, "offset")
);
