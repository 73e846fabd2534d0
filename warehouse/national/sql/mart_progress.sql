-- The progress of each indicator: of the country, by the same view as a province's
-- (warehouse/marts/mart_progress.sql), and of each province as the province computed it.
--   is_chosen   of a province: the figure that the country takes, where the province has several:
--               a final one of enough units, then its own report, of a ratio the sum of its units
CREATE TABLE mart_progress AS
WITH chosen AS (
    SELECT d.indicator_code, d.province, d.period, d.basis
    FROM detail.mart_progress d
    JOIN now_indicators i ON i.code = d.indicator_code
    -- Of each stage the country has one figure; a province may have its own report of one stage
    -- and the sum of its units of another.
    JOIN province_figures f ON f.indicator_code = d.indicator_code AND f.province = d.province
        AND f.period = d.period AND f.stage = d.stage AND f.basis = d.basis
    WHERE d.unit_code = d.province AND d.actual IS NOT NULL
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY d.indicator_code, d.province, d.period
        ORDER BY CASE WHEN d.stage = 'final' AND d.is_enough THEN 0 ELSE 1 END,
                 CASE WHEN (d.basis = 'reported') = (i.kind <> 'ratio') THEN 0 ELSE 1 END, d.basis
    ) = 1
)
SELECT n.* EXCLUDE (data_as_of, is_enough, is_settled, is_headline, is_year_target_met, is_synthetic, is_flagged),
       n.is_enough = 1 AS is_enough, n.is_settled = 1 AS is_settled, n.is_headline = 1 AS is_headline,
       n.is_year_target_met = 1 AS is_year_target_met, n.is_synthetic = 1 AS is_synthetic, n.is_flagged = 1 AS is_flagged,
       r.own_reports, r.unit_reported, r.unit_expected, r.units_below, NULL::BOOLEAN AS is_chosen
FROM nation_progress n
JOIN mart_rollups r ON r.indicator_code = n.indicator_code AND r.period = n.period AND r.stage = n.stage
UNION ALL BY NAME
SELECT d.* EXCLUDE (province), c.indicator_code IS NOT NULL AS is_chosen
FROM detail.mart_progress d
JOIN now_indicators i ON i.code = d.indicator_code
LEFT JOIN chosen c ON c.indicator_code = d.indicator_code AND c.province = d.province
    AND c.period = d.period AND c.basis = d.basis
ANTI JOIN differences x ON x.province = d.province AND x.indicator_code = d.indicator_code
WHERE d.unit_code = d.province
ORDER BY indicator_code, unit_code, period, basis
