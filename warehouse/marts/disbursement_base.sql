-- Money planned and disbursed per unit, as reported and as the sums of the units below. No mart:
-- mart_disbursement uses it.
--   plan_of_rate, disbursed_of_rate   the sums over the reports that give both
CREATE VIEW disbursement_base AS
SELECT b.unit_code, 'reported' AS basis, b.period, b.stage, e.project_code, e.source, p.value AS plan_vnd,
       d.value AS disbursed_vnd, CASE WHEN d.value IS NOT NULL THEN p.value END AS plan_of_rate,
       CASE WHEN p.value IS NOT NULL THEN d.value END AS disbursed_of_rate,
       1 AS reported, 1 AS expected, CASE WHEN b.is_synthetic THEN 1 ELSE 0 END AS is_synthetic, b.loaded_at
FROM current_submissions b
CROSS JOIN disbursement_elements e
LEFT JOIN facts p ON p.submission_id = b.submission_id AND p.element = e.plan_element AND p.line = 0
LEFT JOIN facts d ON d.submission_id = b.submission_id AND d.element = e.disbursed_element AND d.line = 0
WHERE b.form_code = 'disbursement' AND (p.value IS NOT NULL OR d.value IS NOT NULL)
UNION ALL
SELECT m.upper_code, m.basis, m.period, m.stage, e.project_code, e.source, SUM(p.value), SUM(d.value),
       SUM(CASE WHEN d.value IS NOT NULL THEN p.value END), SUM(CASE WHEN p.value IS NOT NULL THEN d.value END),
       COUNT(m.submission_id), COUNT(*), MAX(m.is_synthetic), MAX(m.loaded_at)
FROM rollup_members m
CROSS JOIN disbursement_elements e
LEFT JOIN facts p ON p.submission_id = m.submission_id AND p.element = e.plan_element AND p.line = 0
LEFT JOIN facts d ON d.submission_id = m.submission_id AND d.element = e.disbursed_element AND d.line = 0
WHERE m.form_code = 'disbursement'
GROUP BY m.upper_code, m.basis, m.period, m.stage, e.project_code, e.source
HAVING SUM(p.value) IS NOT NULL OR SUM(d.value) IS NOT NULL
