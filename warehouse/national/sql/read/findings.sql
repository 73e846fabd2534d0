-- The findings in each province's reports by rule. Notes (info) are left out.
SELECT 0 AS run_id, f.form_code, f.province AS unit_code, f.period, f.rule, f.severity,
       SUM(f.findings)::BIGINT AS findings, SUM(f.submissions)::BIGINT AS submissions
FROM detail.mart_findings f
WHERE f.severity <> 'info'
GROUP BY ALL
ORDER BY ALL
