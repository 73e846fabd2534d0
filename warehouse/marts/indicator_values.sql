-- The figure of each current report for each indicator. No mart: mart_figures uses it.
CREATE VIEW indicator_values AS
SELECT i.code AS indicator_code, b.form_code, b.unit_code, b.period, b.period_kind, b.period_end, b.ends_at, b.stage, b.submission_id,
       CASE n.text WHEN 'yes' THEN 1.0 WHEN 'no' THEN 0.0 ELSE n.value END AS numerator,
       CASE d.text WHEN 'yes' THEN 1.0 WHEN 'no' THEN 0.0 ELSE d.value END AS denominator,
       COALESCE(n.qualifier, d.qualifier) AS qualifier, n.sheet, n.cell, d.cell AS other_cell, b.is_synthetic, b.loaded_at
FROM now_indicators i
JOIN current_submissions b ON b.form_code = i.form_code
JOIN facts n ON n.submission_id = b.submission_id AND n.element = i.numerator AND n.line = 0
LEFT JOIN facts d ON d.submission_id = b.submission_id AND d.element = i.denominator AND d.line = 0
WHERE i.denominator IS NULL OR d.value IS NOT NULL OR d.text IN ('yes', 'no')
