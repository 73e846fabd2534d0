-- Whose reports belong in the sum of a unit. No mart: roll-ups use it. One row per upper unit,
-- form, period, stage, and lower unit whose report is due or was sent.
--   is_obligation   the report is due: a duty of the calendar asks for it
--   submission_id   the current report; null where there is none: it counts as missing, never as 0
-- It joins tables, not views: SQLite reads a joined view completely, so that a query about one unit
-- would read every report. The cross join makes SQLite begin with the land; for PostgreSQL it is a
-- join like any other.
CREATE VIEW rollup_members AS
SELECT l.upper_code, l.upper_kind, CASE WHEN p.last_day > l.upper_last_day THEN 1 ELSE 0 END AS is_old_land,
       'sum_of_' || l.kind || 's' AS basis, o.form_code, o.period, o.stage, p.kind AS period_kind, p.last_day AS period_end,
       p.ends_at, l.unit_code, 1 AS is_obligation, s.id AS submission_id, s.loaded_at, CASE WHEN d.is_synthetic THEN 1 ELSE 0 END AS is_synthetic
FROM unit_land_map l
JOIN now_obligations o ON o.unit_code = l.unit_code
JOIN periods p ON p.code = o.period AND p.last_day BETWEEN l.first_day AND l.last_day
LEFT JOIN submissions s ON s.form_code = o.form_code AND s.unit_code = o.unit_code AND s.period = o.period AND s.stage = o.stage
    AND s.known_to IS NULL AND s.known_from IS NOT NULL
LEFT JOIN deliveries d ON d.id = s.delivery_id
WHERE NOT l.is_shared
UNION ALL
SELECT l.upper_code, l.upper_kind, CASE WHEN p.last_day > l.upper_last_day THEN 1 ELSE 0 END, 'sum_of_' || l.kind || 's',
       s.form_code, s.period, s.stage, p.kind, p.last_day, p.ends_at, l.unit_code, 0, s.id, s.loaded_at,
       CASE WHEN d.is_synthetic THEN 1 ELSE 0 END
FROM unit_land_map l
CROSS JOIN submissions s
JOIN deliveries d ON d.id = s.delivery_id
JOIN periods p ON p.code = s.period AND p.last_day BETWEEN l.first_day AND l.last_day
WHERE s.unit_code = l.unit_code AND s.known_to IS NULL AND s.known_from IS NOT NULL AND NOT l.is_shared
  AND NOT EXISTS (
      SELECT 1 FROM now_obligations o
      WHERE o.form_code = s.form_code AND o.unit_code = s.unit_code AND o.period = s.period AND o.stage = s.stage
  )
