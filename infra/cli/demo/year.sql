-- Both models' log-loss by day, over the same samples: those with a label whose event time is not before `since`.
-- A sample's label is the one that was known last.
WITH truth AS (
    SELECT DISTINCT ON (id) id, label FROM labels WHERE stream = %(stream)s ORDER BY id, ts DESC, "offset" DESC),
scores AS (
    SELECT ts, label, score AS live,
           CASE WHEN version = %(first)s THEN score ELSE (shadow ->> %(first)s::text)::float8 END AS never
    FROM predictions JOIN truth USING (id) WHERE stream = %(stream)s AND ts >= %(since)s),
likelihoods AS (
    SELECT ts, CASE label WHEN 1 THEN live ELSE 1 - live END AS live, CASE label WHEN 1 THEN never ELSE 1 - never END AS never
    FROM scores WHERE never IS NOT NULL)
SELECT date_trunc('day', ts, 'UTC') AS day, count(*) AS labelled,
       sum(-ln(greatest(least(live, 1 - 1e-15::float8), 1e-15::float8))) AS live,
       sum(-ln(greatest(least(never, 1 - 1e-15::float8), 1e-15::float8))) AS never
FROM likelihoods GROUP BY 1 ORDER BY 1
