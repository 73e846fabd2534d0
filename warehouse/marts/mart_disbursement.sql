-- Money planned and disbursed, cumulative since January, beside the same time of the year before:
-- by project, stream, unit and period. Do not add up periods: they are cumulative. The line 'total'
-- of projects and streams is the total that the unit itself reported.
CREATE VIEW mart_disbursement AS
WITH with_periods AS (
    SELECT k.*, p.last_day AS period_end, p.year, SUBSTR(k.period, 5) AS season,
           100.0 * k.disbursed_of_rate / NULLIF(k.plan_of_rate, 0) AS rate
    FROM disbursement_base k
    JOIN periods p ON p.code = k.period
),
with_year_before AS (
    SELECT d.*, LAG(d.year) OVER seasons AS year_then, LAG(d.plan_vnd) OVER seasons AS plan_then,
           LAG(d.disbursed_vnd) OVER seasons AS disbursed_then, LAG(d.rate) OVER seasons AS rate_then,
           LAG(d.reported) OVER seasons AS reported_then, LAG(d.expected) OVER seasons AS expected_then
    FROM with_periods d
    WINDOW seasons AS (PARTITION BY d.unit_code, d.basis, d.stage, d.project_code, d.source, d.season ORDER BY d.year)
)
SELECT b.unit_code, b.basis, b.period, b.period_end, b.stage, b.project_code, b.source, b.plan_vnd, b.disbursed_vnd, b.rate,
       b.plan_of_rate AS plan_vnd_of_rate, b.disbursed_of_rate AS disbursed_vnd_of_rate, b.reported, b.expected,
       CASE WHEN b.year_then = b.year - 1 THEN b.plan_then END AS plan_vnd_year_before,
       CASE WHEN b.year_then = b.year - 1 THEN b.disbursed_then END AS disbursed_vnd_year_before,
       CASE WHEN b.year_then = b.year - 1 THEN b.rate_then END AS rate_year_before,
       CASE WHEN b.year_then = b.year - 1 THEN b.rate - b.rate_then END AS rate_change,
       CASE WHEN b.year_then = b.year - 1 THEN b.reported_then END AS reported_year_before,
       CASE WHEN b.year_then = b.year - 1 THEN b.expected_then END AS expected_year_before,
       b.is_synthetic, b.loaded_at, (SELECT MAX(as_of) FROM runs) AS data_as_of
FROM with_year_before b
