-- What people have asked of the retrainer; decisions of the event `id` answer it.
CREATE TABLE requests (
    stream text NOT NULL,
    id text NOT NULL,
    kind text NOT NULL,
    who text NOT NULL,
    why text NOT NULL,
    at timestamptz NOT NULL,
    version integer,
    force boolean NOT NULL,
    PRIMARY KEY (stream, id)
);
