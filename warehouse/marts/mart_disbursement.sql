-- Money planned and disbursed, cumulative since January, by project, stream, unit and period, beside the same time last year.
-- Periods are not to be added up. The line 'total' of projects and streams is what the unit itself gave as its total.
CREATE VIEW mart_disbursement AS
WITH known AS (
    SELECT d.unit_code, 'reported' AS basis, d.period, d.stage, d.project_code, d.source, d.plan_vnd, d.disbursed_vnd,
           CASE WHEN d.disbursed_vnd IS NOT NULL THEN d.plan_vnd END AS plan_of_rate,
           CASE WHEN d.plan_vnd IS NOT NULL THEN d.disbursed_vnd END AS disbursed_of_rate,
           1 AS reported, 1 AS expected, CASE WHEN d.is_synthetic THEN 1 ELSE 0 END AS is_synthetic, d.loaded_at
    FROM disbursements d
    UNION ALL
    SELECT m.upper_code, m.basis, m.period, m.stage, d.project_code, d.source, SUM(d.plan_vnd), SUM(d.disbursed_vnd),
           SUM(CASE WHEN d.disbursed_vnd IS NOT NULL THEN d.plan_vnd END),
           SUM(CASE WHEN d.plan_vnd IS NOT NULL THEN d.disbursed_vnd END),
           c.reported, c.expected, MAX(CASE WHEN d.is_synthetic THEN 1 ELSE 0 END), MAX(d.loaded_at)
    FROM members m
    JOIN disbursements d ON d.submission_id = m.submission_id
    JOIN (
        SELECT upper_code, basis, period, stage, COUNT(submission_id) AS reported, COUNT(*) AS expected
        FROM members WHERE form_code = 'disbursement'
        GROUP BY upper_code, basis, period, stage
    ) c ON c.upper_code = m.upper_code AND c.basis = m.basis AND c.period = m.period AND c.stage = m.stage
    WHERE m.form_code = 'disbursement'
    GROUP BY m.upper_code, m.basis, m.period, m.stage, d.project_code, d.source, c.reported, c.expected
)
SELECT k.unit_code, k.basis, k.period, p.last_day AS period_end, k.stage, k.project_code, k.source, k.plan_vnd, k.disbursed_vnd,
       100.0 * k.disbursed_of_rate / NULLIF(k.plan_of_rate, 0) AS rate, k.reported, k.expected,
       b.plan_vnd AS plan_vnd_year_before, b.disbursed_vnd AS disbursed_vnd_year_before,
       100.0 * b.disbursed_of_rate / NULLIF(b.plan_of_rate, 0) AS rate_year_before,
       100.0 * k.disbursed_of_rate / NULLIF(k.plan_of_rate, 0) - 100.0 * b.disbursed_of_rate / NULLIF(b.plan_of_rate, 0) AS rate_change,
       b.reported AS reported_year_before, b.expected AS expected_year_before,
       k.is_synthetic, k.loaded_at, (SELECT MAX(as_of) FROM runs) AS data_as_of
FROM known k
JOIN periods p ON p.code = k.period
LEFT JOIN known b ON b.unit_code = k.unit_code AND b.basis = k.basis AND b.period = p.year_before AND b.stage = k.stage
    AND b.project_code = k.project_code AND b.source = k.source
