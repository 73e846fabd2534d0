-- What each report that is believed says of each project's and stream's money: no mart, what mart_disbursement stands on.
-- The names of data elements are the form's: plan_central_investment_vnd_da1, disbursed_total_vnd_total.
CREATE VIEW disbursements AS
WITH streams AS (
    SELECT 'central_investment' AS source UNION ALL SELECT 'local_investment' UNION ALL SELECT 'central_recurrent'
    UNION ALL SELECT 'local_recurrent' UNION ALL SELECT 'carried_over' UNION ALL SELECT 'total'
),
lines AS (
    SELECT code AS project_code, LOWER(REPLACE(code, '-', '_')) AS line FROM now_projects
    UNION ALL
    SELECT 'total', 'total'
)
SELECT b.submission_id, b.unit_code, b.period, b.stage, l.project_code, s.source, p.value AS plan_vnd, d.value AS disbursed_vnd,
       b.is_synthetic, b.loaded_at
FROM believed b
CROSS JOIN lines l
CROSS JOIN streams s
LEFT JOIN facts p ON p.submission_id = b.submission_id AND p.element = 'plan_' || s.source || '_vnd_' || l.line AND p.line = 0
LEFT JOIN facts d ON d.submission_id = b.submission_id AND d.element = 'disbursed_' || s.source || '_vnd_' || l.line AND d.line = 0
WHERE b.form_code = 'disbursement' AND (p.value IS NOT NULL OR d.value IS NOT NULL)
