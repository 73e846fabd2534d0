-- The reports of each province's units, by form, period and stage.
SELECT r.*, p.as_of
FROM mart_reporting r
JOIN provinces p ON p.code = r.unit_code
ORDER BY r.form_code, r.period, r.stage, r.unit_code
