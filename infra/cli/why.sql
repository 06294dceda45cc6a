-- Why is this model serving? Newest first, one row for each version put in charge: why it was retrained, the window of
-- samples that drift was seen in, how the model before did there, what the retrain proved, and since when it serves.
SELECT model.stream, model.version, model.at AS serving_since, model.previous AS replaced,
       retrain.cause, drift.id AS drift_event, shift.feature AS strongest_feature,
       quality.window_start, shift.window_end, shift.samples, shift.effect, quality.log_loss AS log_loss_before,
       retrain.name AS retrain, retrain.requested, retrain.proof, retrain.figures, model.model_sha256
FROM (SELECT *, lag(version) OVER (PARTITION BY stream ORDER BY "offset") AS before FROM models) AS model
CROSS JOIN LATERAL (
    SELECT model.retrain AS name, min(event) AS event, min(at) FILTER (WHERE step IN ('requested', 'started')) AS requested,
           coalesce((array_agg(reason ORDER BY "offset" DESC)
                         FILTER (WHERE step = 'rolling_back' AND decisions.version = model.version))[1],
                    (array_agg(reason ORDER BY "offset") FILTER (WHERE step IN ('requested', 'started', 'accepted')))[1]) AS cause,
           (array_agg(reason ORDER BY "offset" DESC) FILTER (WHERE step IN ('trained', 'gated')))[1] AS proof,
           (array_agg(figures ORDER BY "offset" DESC) FILTER (WHERE step IN ('trained', 'gated')))[1] AS figures
    FROM decisions WHERE stream = model.stream AND decisions.retrain = model.retrain) AS retrain
LEFT JOIN drift_events AS drift ON drift.stream = model.stream AND drift.id = retrain.event
LEFT JOIN LATERAL (
    SELECT feature, window_panes, pane_end AS window_end, n AS samples, round(effect::numeric, 3) AS effect
    FROM drift AS judged
    WHERE judged.stream = drift.stream AND judged.version = drift.version AND judged.pane_end = drift.event_time
      AND (judged.feature IN ('(label)', '(loss)')) = (drift.subject = 'outcomes')
    ORDER BY (judged.feature, judged.window_panes::text) = (drift.shifts -> 0 ->> 'feature', drift.shifts -> 0 ->> 'window')
             DESC NULLS LAST, judged.verdict = 'drifted' DESC, judged.effect DESC LIMIT 1) AS shift ON true
LEFT JOIN LATERAL (
    SELECT min(pane_start) AS window_start, round((sum(log_loss * labelled) / sum(labelled))::numeric, 4) AS log_loss
    FROM (SELECT pane_start, log_loss, labelled FROM performance AS pane
          WHERE pane.stream = drift.stream AND pane.role = 'champion' AND pane.version = drift.version
            AND pane.pane_end <= shift.window_end AND pane.labelled > 0
          ORDER BY pane_start DESC LIMIT shift.window_panes) AS panes) AS quality ON true
WHERE model.before IS DISTINCT FROM model.version -- else a version came or went in shadow
ORDER BY model.stream, model."offset" DESC
