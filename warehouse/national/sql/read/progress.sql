-- The country's figures (`own`) or those that it takes from the provinces, one for each period.
SELECT p.*, CASE WHEN p.basis = 'sum_of_provinces' THEN p.unit_reported END AS parts_reported,
       CASE WHEN p.basis = 'sum_of_provinces' THEN NULLIF(p.units_below, 0) END AS parts_of
FROM mart_progress p
WHERE p.actual IS NOT NULL AND CASE WHEN $is_of_nation THEN p.basis = 'sum_of_provinces' ELSE p.is_chosen END
ORDER BY p.indicator_code, p.unit_code, p.period
