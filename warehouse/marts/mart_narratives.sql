-- The narrative part of each current report: results, difficulties, proposals, in the words of the
-- unit. One query gives the office all of a period.
CREATE VIEW mart_narratives AS
SELECT b.form_code, b.unit_code, b.period, b.period_end, b.stage, SUBSTR(f.element, 11) AS part, f.text, f.sheet, f.cell,
       b.submission_id, CASE WHEN b.is_synthetic THEN 1 ELSE 0 END AS is_synthetic, b.loaded_at
FROM current_submissions b
JOIN facts f ON f.submission_id = b.submission_id AND f.line = 0 AND f.text IS NOT NULL
WHERE SUBSTR(f.element, 1, 10) = 'narrative_'
