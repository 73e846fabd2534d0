-- The elements of the disbursement form, by project and stream. No mart: disbursement_base uses it.
CREATE VIEW disbursement_elements AS
WITH streams AS (
    SELECT 'central_investment' AS source UNION ALL SELECT 'local_investment' UNION ALL SELECT 'central_recurrent'
    UNION ALL SELECT 'local_recurrent' UNION ALL SELECT 'carried_over' UNION ALL SELECT 'total'
),
lines AS (
    SELECT code AS project_code, LOWER(REPLACE(code, '-', '_')) AS line FROM now_projects
    UNION ALL
    SELECT 'total', 'total'
)
SELECT l.project_code, s.source, 'plan_' || s.source || '_vnd_' || l.line AS plan_element,
       'disbursed_' || s.source || '_vnd_' || l.line AS disbursed_element
FROM lines l
CROSS JOIN streams s
