-- Money of the country and of each province by project and source of capital, cumulative since
-- January. Of a province its own report counts, else the sum of its units. The rate is a quotient
-- of sums over the reports that give both.
CREATE TABLE mart_disbursement AS
WITH of_provinces AS (
    SELECT d.* EXCLUDE (unit_code, province), d.province AS unit_code
    FROM detail.mart_disbursement d
    JOIN now_units u ON u.code = d.province AND u.kind = 'province' AND d.period_end BETWEEN u.valid_from AND u.valid_to
    WHERE d.unit_code = d.province
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY d.province, d.period, d.stage, d.project_code, d.source
        ORDER BY CASE d.basis WHEN 'reported' THEN 0 ELSE 1 END, d.reported DESC, d.basis
    ) = 1
),
sizes AS (
    SELECT p.code AS period, p.year, SUBSTR(p.code, 5) AS season, COUNT(*) AS expected
    FROM periods p
    JOIN now_units u ON u.kind = 'province' AND p.last_day BETWEEN u.valid_from AND u.valid_to
    GROUP BY ALL
),
summed AS (
    SELECT o.period, o.period_end, o.stage, o.project_code, o.source, z.year, z.season, z.expected,
           SUM(o.plan_vnd) AS plan_vnd, SUM(o.disbursed_vnd) AS disbursed_vnd,
           SUM(o.plan_vnd_of_rate) AS plan_vnd_of_rate, SUM(o.disbursed_vnd_of_rate) AS disbursed_vnd_of_rate,
           COUNT(*) AS reported, bool_or(o.is_synthetic) AS is_synthetic, MAX(o.loaded_at) AS loaded_at
    FROM of_provinces o
    JOIN sizes z ON z.period = o.period
    GROUP BY ALL
),
rated AS (
    SELECT s.*, 100.0 * s.disbursed_vnd_of_rate / NULLIF(s.plan_vnd_of_rate, 0) AS rate FROM summed s
),
of_nation AS (
    SELECT n.code AS unit_code, 'sum_of_provinces' AS basis, r.* EXCLUDE (year, season),
           b.plan_vnd AS plan_vnd_year_before, b.disbursed_vnd AS disbursed_vnd_year_before,
           b.rate AS rate_year_before, r.rate - b.rate AS rate_change,
           b.reported AS reported_year_before, b.expected AS expected_year_before
    FROM rated r
    JOIN now_units n ON n.kind = 'nation'
    LEFT JOIN rated b ON b.season = r.season AND b.year = r.year - 1 AND b.stage = r.stage
        AND b.project_code = r.project_code AND b.source = r.source
)
SELECT * FROM of_nation UNION ALL BY NAME SELECT * FROM of_provinces
ORDER BY project_code, source, unit_code, period, stage
