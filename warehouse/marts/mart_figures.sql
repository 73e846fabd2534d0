-- The figure of each indicator for each unit, period and stage, from the current reports.
CREATE VIEW mart_figures AS
SELECT f.indicator_code, f.unit_code, f.period, f.period_kind, f.period_end, f.ends_at, f.stage, f.numerator, f.denominator,
       CASE i.kind WHEN 'share' THEN 100.0 * f.numerator / NULLIF(f.denominator, 0)
                   WHEN 'ratio' THEN f.numerator / NULLIF(f.denominator, 0)
                   ELSE f.numerator END AS actual,
       f.qualifier,
       CASE WHEN ROW_NUMBER() OVER (
           PARTITION BY f.indicator_code, f.unit_code, f.period ORDER BY CASE f.stage WHEN 'final' THEN 0 ELSE 1 END
       ) = 1 THEN 1 ELSE 0 END AS is_current,
       f.is_synthetic,
       -- Not EXISTS: the list is the same for every row, and is made once.
       CASE WHEN (f.submission_id, i.numerator) IN (SELECT x.submission_id, x.element FROM doubtful_elements x)
              OR (f.submission_id, i.denominator) IN (SELECT x.submission_id, x.element FROM doubtful_elements x)
            THEN 1 ELSE 0 END AS is_flagged,
       f.submission_id, f.loaded_at
FROM indicator_values f
JOIN now_indicators i ON i.code = f.indicator_code
