-- Findings: one row per run, report, rule and severity. Of a delivery that was checked again, the
-- last check counts. A finding that a later cross-check closed does not count.
CREATE VIEW mart_findings AS
SELECT s.run_id, r.as_of, s.form_code, COALESCE(s.unit_code, d.sender_unit) AS unit_code, s.period, s.stage,
       f.rule, f.severity, COUNT(*) AS findings, COUNT(DISTINCT s.id) AS submissions,
       MAX(CASE WHEN d.is_synthetic THEN 1 ELSE 0 END) AS is_synthetic
FROM findings f
JOIN submissions s ON s.id = f.submission_id
JOIN runs r ON r.id = s.run_id
JOIN deliveries d ON d.id = s.delivery_id
WHERE f.closed_at IS NULL
  AND s.attempt = (SELECT MAX(again.attempt) FROM submissions again WHERE again.delivery_id = s.delivery_id)
GROUP BY s.run_id, r.as_of, s.form_code, COALESCE(s.unit_code, d.sender_unit), s.period, s.stage, f.rule, f.severity
