-- Every current report, with the columns of its period. No mart: marts use it.
CREATE VIEW current_submissions AS
SELECT s.id AS submission_id, s.form_code, s.unit_code, s.period, s.stage, s.verdict, s.loaded_at,
       p.kind AS period_kind, p.last_day AS period_end, p.ends_at, p.year_before, d.is_synthetic
FROM submissions s
JOIN deliveries d ON d.id = s.delivery_id
JOIN periods p ON p.code = s.period
WHERE s.known_from IS NOT NULL AND s.known_to IS NULL
