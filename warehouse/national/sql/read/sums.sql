-- The country's sums, of the stage to show.
SELECT r.*, r.units AS whole, r.unit_reported AS parts_reported, NULLIF(r.units_below, 0) AS parts_of
FROM mart_rollups r
WHERE r.is_current = 1
ORDER BY r.indicator_code, r.period
