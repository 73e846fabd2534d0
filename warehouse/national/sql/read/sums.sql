-- The country's sums, of the stage to show.
SELECT r.*, r.units AS whole
FROM mart_rollups r
WHERE r.is_current = 1
ORDER BY r.indicator_code, r.period
