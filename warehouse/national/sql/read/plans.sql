-- The country's plans beside their results.
SELECT p.* FROM mart_plans p WHERE p.basis = 'sum_of_provinces'
ORDER BY p.form_code, p.year DESC, p.position, p.item
