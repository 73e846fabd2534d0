-- The quality of what a unit sends on a form, by rule, and for all rules together (rule 'all').
-- Notes (info) are not counted. For a larger group, add up findings and values, reports and
-- first_pass, days_to_fix and fixed, and divide again.
CREATE VIEW mart_quality AS
WITH checked AS (
    SELECT s.id, s.form_code, s.unit_code, s.period, s.stage, s.values_read, d.received_at,
           ROW_NUMBER() OVER (
               PARTITION BY s.form_code, s.unit_code, s.period, s.stage ORDER BY d.received_at, d.id, s.report_no
           ) AS place
    FROM submissions s
    JOIN deliveries d ON d.id = s.delivery_id AND d.withdrawn_at IS NULL
    WHERE s.version IS NOT NULL
      AND s.attempt = (SELECT MAX(again.attempt) FROM submissions again WHERE again.delivery_id = s.delivery_id)
),
sent AS (
    SELECT form_code, unit_code, SUM(values_read) AS values_read, SUM(CASE WHEN place = 1 THEN 1 ELSE 0 END) AS reports
    FROM checked
    GROUP BY form_code, unit_code
),
found AS (
    SELECT j.form_code, j.unit_code, j.period, j.stage, r.rule, MIN(j.place) AS first_place, MAX(j.place) AS last_place,
           MIN(j.received_at) AS first_at, SUM(r.findings) AS findings
    FROM checked j
    JOIN (
        SELECT submission_id, rule, COUNT(*) AS findings FROM findings WHERE severity <> 'info' AND closed_at IS NULL
        GROUP BY submission_id, rule
        UNION ALL
        SELECT submission_id, 'all', COUNT(*) FROM findings WHERE severity <> 'info' AND closed_at IS NULL
        GROUP BY submission_id
    ) r ON r.submission_id = j.id
    GROUP BY j.form_code, j.unit_code, j.period, j.stage, r.rule
),
mended AS (
    SELECT f.form_code, f.unit_code, f.period, f.stage, f.rule, f.first_place, f.findings, f.first_at, MIN(j.received_at) AS fixed_at
    FROM found f
    LEFT JOIN checked j ON j.form_code = f.form_code AND j.unit_code = f.unit_code AND j.period = f.period AND j.stage = f.stage
        AND j.place > f.last_place
    GROUP BY f.form_code, f.unit_code, f.period, f.stage, f.rule, f.first_place, f.findings, f.first_at
)
SELECT s.form_code, s.unit_code, r.rule, s.values_read,
       COALESCE(SUM(m.findings), 0) AS findings,
       1000.0 * CAST(COALESCE(SUM(m.findings), 0) AS DOUBLE PRECISION) / NULLIF(s.values_read, 0) AS findings_per_thousand,
       s.reports, s.reports - COUNT(CASE WHEN m.first_place = 1 THEN 1 END) AS first_pass,
       100.0 * CAST(s.reports - COUNT(CASE WHEN m.first_place = 1 THEN 1 END) AS DOUBLE PRECISION) / s.reports AS first_pass_yield,
       COUNT(m.rule) AS broken, COUNT(m.fixed_at) AS fixed,
       SUM(CASE WHEN m.fixed_at IS NOT NULL THEN @days(@vietnam_day(m.fixed_at), @vietnam_day(m.first_at)) END) AS days_to_fix,
       CAST(SUM(CASE WHEN m.fixed_at IS NOT NULL THEN @days(@vietnam_day(m.fixed_at), @vietnam_day(m.first_at)) END)
           AS DOUBLE PRECISION) / NULLIF(COUNT(m.fixed_at), 0) AS days_to_fix_each
FROM sent s
JOIN (SELECT DISTINCT form_code, unit_code, rule FROM found UNION SELECT form_code, unit_code, 'all' FROM sent) r
    ON r.form_code = s.form_code AND r.unit_code = s.unit_code
LEFT JOIN mended m ON m.form_code = s.form_code AND m.unit_code = s.unit_code AND m.rule = r.rule
GROUP BY s.form_code, s.unit_code, r.rule, s.values_read, s.reports
