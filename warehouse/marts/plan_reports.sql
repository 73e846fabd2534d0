-- Every final report that is due or current, once as the unit's own and once for each sum that it
-- belongs in. No mart: plan_figures uses it.
--   submission_id   null where the report is due and none came: it counts as missing, never as 0
CREATE VIEW plan_reports AS
SELECT b.unit_code, 'reported' AS basis, b.form_code, b.period, b.period_kind, b.period_end, b.submission_id,
       CASE WHEN b.is_synthetic THEN 1 ELSE 0 END AS is_synthetic, b.loaded_at
FROM current_submissions b
WHERE b.stage = 'final'
UNION ALL
SELECT o.unit_code, 'reported', o.form_code, o.period, p.kind, p.last_day, NULL, 0, NULL
FROM now_obligations o
JOIN periods p ON p.code = o.period
WHERE o.stage = 'final'
  AND NOT EXISTS (
      SELECT 1 FROM submissions s
      WHERE s.form_code = o.form_code AND s.unit_code = o.unit_code AND s.period = o.period AND s.stage = o.stage
        AND s.known_to IS NULL AND s.known_from IS NOT NULL
  )
UNION ALL
SELECT m.upper_code, m.basis, m.form_code, m.period, m.period_kind, m.period_end, m.submission_id,
       COALESCE(m.is_synthetic, 0), m.loaded_at
FROM rollup_members m
WHERE m.stage = 'final'
