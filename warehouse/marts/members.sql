-- Whose reports should be in the sum of a unit: no mart, what roll-ups stand on. One row per unit above, form, period, stage
-- and unit below that owes the report or sent it.
--   submission_id   the report that is believed; null where there is none, so that who is missing is counted, never zero
CREATE VIEW members AS
WITH asked AS (
    SELECT o.form_code, o.unit_code, o.period, o.stage, b.submission_id
    FROM now_obligations o
    LEFT JOIN believed b ON b.form_code = o.form_code AND b.unit_code = o.unit_code AND b.period = o.period AND b.stage = o.stage
    UNION ALL
    SELECT b.form_code, b.unit_code, b.period, b.stage, b.submission_id
    FROM believed b
    WHERE NOT EXISTS (
        SELECT 1 FROM now_obligations o
        WHERE o.form_code = b.form_code AND o.unit_code = b.unit_code AND o.period = b.period AND o.stage = b.stage
    )
)
SELECT l.upper_code, l.upper_kind, CASE WHEN p.last_day > l.upper_last_day THEN 1 ELSE 0 END AS is_old_land,
       'sum_of_' || l.kind || 's' AS basis, a.form_code, a.period, a.stage, p.kind AS period_kind, p.last_day AS period_end,
       p.ends_at, p.year_before, l.unit_code, a.submission_id
FROM lands l
JOIN asked a ON a.unit_code = l.unit_code
JOIN periods p ON p.code = a.period AND p.last_day BETWEEN l.first_day AND l.last_day
WHERE NOT l.is_shared
