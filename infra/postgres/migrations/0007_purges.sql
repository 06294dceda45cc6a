-- What was thrown away by age, so that whoever misses a row is told.
CREATE TABLE purges (
    stream text NOT NULL,
    table_name text NOT NULL,
    before timestamptz NOT NULL,         -- rows of this time and later were kept
    rows bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX purges_table ON purges (stream, table_name);
