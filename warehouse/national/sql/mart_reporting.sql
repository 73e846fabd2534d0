-- The reports of each province's units by form, period and stage. Of a province whose partition is
-- missing or broken every report that is due from other provinces is missing.
CREATE TABLE mart_reporting AS
WITH sent AS (
    SELECT r.province AS unit_code, r.form_code, r.period, r.stage, MIN(r.due_date) AS due_date,
           COUNT(*) FILTER (r.is_due) AS due, COUNT(*) FILTER (NOT r.is_due) AS not_due,
           COUNT(*) FILTER (r.is_due AND r.versions > 0) AS received,
           COUNT(*) FILTER (r.is_due AND r.is_current) AS accepted,
           COUNT(*) FILTER (r.is_due AND r.verdict = 'accepted_with_warnings') AS with_warnings,
           COUNT(*) FILTER (r.is_due AND r.is_timely) AS timely,
           COUNT(*) FILTER (r.is_due AND r.versions > 0 AND NOT r.is_current) AS to_fix,
           COUNT(*) FILTER (r.is_due AND r.versions = 0) AS missing,
           MAX(r.days_late) FILTER (r.is_due) AS most_days_late, bool_or(r.is_synthetic) AS is_synthetic,
           MAX(r.first_at) FILTER (r.is_due) AS first_at, MAX(r.received_at) AS received_at
    FROM detail.mart_reporting r
    WHERE r.due_date IS NOT NULL
    GROUP BY ALL
),
due_elsewhere AS (
    SELECT s.form_code, s.period, s.stage, MIN(s.due_date) AS due_date FROM sent s WHERE s.due > 0 GROUP BY ALL
)
SELECT s.* FROM sent s
UNION ALL BY NAME
SELECT p.code AS unit_code, e.form_code, e.period, e.stage, e.due_date, NULL AS due, 0 AS not_due, 0 AS received, 0 AS accepted,
       0 AS with_warnings, 0 AS timely, 0 AS to_fix, NULL AS missing, NULL AS most_days_late, false AS is_synthetic
FROM provinces p
CROSS JOIN due_elsewhere e
JOIN periods q ON q.code = e.period
JOIN now_units u ON u.code = p.code AND u.kind = 'province' AND q.last_day BETWEEN u.valid_from AND u.valid_to
WHERE NOT p.is_used
ORDER BY unit_code, form_code, period, stage
