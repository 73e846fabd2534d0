-- The figure of each indicator for each unit, period and stage, from the submissions we believe now.
--   numerator, denominator   the facts it is made of; of a yes/no indicator 1 for yes, 0 for no
--   actual        count, money: the numerator · share: 100 × numerator ÷ denominator · ratio: numerator ÷ denominator
--   qualifier     the word before its numerator, else its denominator ("trên 1.200": over), null for a plain figure
--   is_current    1 for the stage to show: the final figure where there is one, else the estimate
--   is_synthetic, is_flagged   invented for a sample | a warning points at one of its cells
CREATE VIEW mart_figures AS
WITH current_fact AS (
    SELECT s.form_code AS form_code, s.unit_code AS unit_code, s.period AS period, s.period_end AS period_end,
           s.stage AS stage, f.element AS element,
           CASE f.text WHEN 'yes' THEN 1.0 WHEN 'no' THEN 0.0 ELSE f.value END AS value, f.qualifier AS qualifier,
           f.sheet AS sheet, f.cell AS cell, f.submission_id AS submission_id, d.is_synthetic AS is_synthetic,
           s.loaded_at AS loaded_at
    FROM facts f
    JOIN submissions s ON s.id = f.submission_id
    JOIN deliveries d ON d.id = s.delivery_id
    WHERE s.known_from IS NOT NULL AND s.known_to IS NULL AND f.line = 0
)
SELECT i.code AS indicator_code, n.unit_code AS unit_code, n.period AS period, n.period_end AS period_end,
       n.stage AS stage,
       n.value AS numerator, d.value AS denominator,
       CASE i.kind WHEN 'share' THEN 100.0 * n.value / NULLIF(d.value, 0)
                   WHEN 'ratio' THEN n.value / NULLIF(d.value, 0)
                   ELSE n.value END AS actual,
       COALESCE(n.qualifier, d.qualifier) AS qualifier,
       CASE WHEN ROW_NUMBER() OVER (
           PARTITION BY i.code, n.unit_code, n.period ORDER BY CASE n.stage WHEN 'final' THEN 0 ELSE 1 END
       ) = 1 THEN 1 ELSE 0 END AS is_current,
       n.is_synthetic AS is_synthetic,
       EXISTS (
           SELECT 1 FROM findings g
           WHERE g.submission_id = n.submission_id AND g.severity = 'warning' AND g.closed_at IS NULL AND g.sheet = n.sheet
             AND (g.cell = n.cell OR g.cell = d.cell)
       ) AS is_flagged,
       n.loaded_at AS loaded_at
FROM indicators i
JOIN current_fact n ON n.form_code = i.form_code AND n.element = i.numerator
LEFT JOIN current_fact d ON d.submission_id = n.submission_id AND d.element = i.denominator
WHERE i.denominator IS NULL OR d.value IS NOT NULL
