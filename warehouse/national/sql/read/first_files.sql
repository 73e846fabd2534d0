-- How soon each report of a province's units was accepted.
SELECT f.form_code, f.province AS unit_code, f.period, f.versions, f.is_first_pass, f.is_accepted, f.first_at, f.accepted_at
FROM detail.mart_first_submission f
ORDER BY f.province, f.period, f.form_code, f.stage, f.unit_code
