-- Whether and when each report was accepted: one row per form, unit, period and stage of which
-- something came.
CREATE VIEW mart_first_submission AS
WITH checked AS (
    SELECT s.form_code, s.unit_code, s.period, s.stage, d.received_at, d.is_synthetic,
           CASE WHEN s.verdict IN ('accepted', 'accepted_with_warnings') THEN 1 ELSE 0 END AS loads,
           ROW_NUMBER() OVER (
               PARTITION BY s.form_code, s.unit_code, s.period, s.stage ORDER BY d.received_at, d.id, s.report_no
           ) AS place
    FROM submissions s
    JOIN deliveries d ON d.id = s.delivery_id AND d.withdrawn_at IS NULL
    WHERE s.version IS NOT NULL
      AND s.attempt = (SELECT MAX(again.attempt) FROM submissions again WHERE again.delivery_id = s.delivery_id)
)
SELECT form_code, unit_code, period, stage, COUNT(*) AS versions,
       MAX(CASE WHEN place = 1 THEN loads ELSE 0 END) AS is_first_pass,
       MAX(loads) AS is_accepted,
       MIN(received_at) AS first_at,
       MIN(CASE WHEN loads = 1 THEN received_at END) AS accepted_at,
       MAX(CASE WHEN is_synthetic THEN 1 ELSE 0 END) AS is_synthetic
FROM checked
GROUP BY form_code, unit_code, period, stage
