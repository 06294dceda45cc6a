-- Effective sizes, the season, what chance alone stays below, what bets have come to, and the uncertainty of moments.
ALTER TABLE drift
    ADD COLUMN worth_n double precision,
    ADD COLUMN worth_m double precision,
    ADD COLUMN season_ms bigint,
    ADD COLUMN limit_by_chance double precision,
    ADD COLUMN evidence double precision,
    ADD COLUMN mean_low double precision,
    ADD COLUMN mean_high double precision,
    ADD COLUMN mean_p double precision,
    ADD COLUMN std_low double precision,
    ADD COLUMN std_high double precision,
    ADD COLUMN std_p double precision;
