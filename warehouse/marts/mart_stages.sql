-- A year's estimate of September beside its final figure of January, where both came. Both stay in
-- the warehouse.
CREATE VIEW mart_stages AS
SELECT e.indicator_code, i.name AS indicator_name, i.unit, e.unit_code, e.period,
       e.actual AS estimate, f.actual AS final, f.actual - e.actual AS difference,
       100.0 * (f.actual - e.actual) / NULLIF(e.actual, 0) AS percent,
       CASE WHEN e.is_synthetic OR f.is_synthetic THEN 1 ELSE 0 END AS is_synthetic
FROM mart_figures e
JOIN mart_figures f
    ON f.indicator_code = e.indicator_code AND f.unit_code = e.unit_code AND f.period = e.period AND f.stage = 'final'
JOIN now_indicators i ON i.code = e.indicator_code
WHERE e.stage = 'estimate' AND e.actual IS NOT NULL AND f.actual IS NOT NULL
