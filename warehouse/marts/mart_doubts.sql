-- What is in doubt: one row per figure of a current report and reason. Every sum that such a figure
-- is part of is marked too, up to the province: `is_flagged` and `doubtful` of mart_progress.
CREATE VIEW mart_doubts AS
SELECT b.form_code, b.unit_code, b.period, b.stage, d.element, d.line, d.sheet, d.cell, d.value, d.qualifier,
       d.reason, d.rule, d.message, b.submission_id,
       CASE WHEN b.is_synthetic THEN 1 ELSE 0 END AS is_synthetic
FROM current_submissions b
JOIN doubtful_facts d ON d.submission_id = b.submission_id
