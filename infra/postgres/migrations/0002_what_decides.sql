-- The test that decides a column's verdict, the interval of its effect, and what PSI stays below by chance.
ALTER TABLE drift
    ADD COLUMN test text,
    ADD COLUMN low double precision,
    ADD COLUMN high double precision,
    ADD COLUMN psi_limit double precision;
