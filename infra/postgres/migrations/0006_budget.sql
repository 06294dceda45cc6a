-- False alarms of a version: as its budget allows them, and as they are measured on its own reference (A/A).
CREATE TABLE budget (
    stream text NOT NULL,
    version integer NOT NULL,
    pane_end timestamptz NOT NULL,
    panes bigint NOT NULL,               -- live ones judged so far
    incidents bigint NOT NULL,           -- opened in them
    control_panes bigint NOT NULL,       -- blocks of the reference judged against the rest of it
    control_alarms bigint NOT NULL,      -- incidents opened in them
    allowed double precision NOT NULL,   -- so many of these may be
    PRIMARY KEY (stream, version, pane_end)
);
