-- What an incident is about: the inputs of a version, or how its samples turned out.
ALTER TABLE drift_events ADD COLUMN subject text NOT NULL DEFAULT 'inputs';
