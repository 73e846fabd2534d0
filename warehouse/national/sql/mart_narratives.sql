-- How many reports of a province's units have a narrative part, by heading. The words stay with the
-- province: a person wrote them, and they may name others.
CREATE TABLE mart_narratives AS
SELECT d.province AS unit_code, d.form_code, d.period, d.period_end, d.stage, d.part,
       COUNT(DISTINCT d.submission_id) AS reports, bool_or(d.is_synthetic) AS is_synthetic, MAX(d.loaded_at) AS loaded_at
FROM detail.mart_narratives d
JOIN now_units u ON u.code = d.province AND u.kind = 'province' AND d.period_end BETWEEN u.valid_from AND u.valid_to
GROUP BY ALL
ORDER BY form_code, period, stage, unit_code, part
