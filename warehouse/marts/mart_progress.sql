-- Progress of each indicator, per reporting unit and period, from the submissions we believe now.
--   actual      the indicator's value: a sum, or 100 × numerator ÷ denominator for a share (null without a denominator)
--   target      the province's own target, else the national one: for this very period, else one that holds for every
--               period, else the program's end (2025); null where unknown
--   percent     share of the target reached; for an indicator where less is better, target ÷ actual
--   status      achieved | not_yet | no_target | no_data
--   is_synthetic, is_flagged   the figure is invented for a sample | a warning points at one of its cells
CREATE VIEW mart_progress AS
WITH current_fact AS (
    SELECT s.form_code AS form_code, s.unit_code AS unit_code, s.period AS period, f.element AS element, f.value AS value,
           f.sheet AS sheet, f.cell AS cell, f.submission_id AS submission_id, d.is_synthetic AS is_synthetic,
           s.loaded_at AS loaded_at
    FROM facts f
    JOIN submissions s ON s.id = f.submission_id
    JOIN deliveries d ON d.id = s.delivery_id
    WHERE s.known_from IS NOT NULL AND s.known_to IS NULL AND f.line = 0
),
figure AS (
    SELECT i.code AS indicator_code, n.unit_code AS unit_code, n.period AS period,
           CASE WHEN i.kind = 'share' THEN 100.0 * n.value / NULLIF(d.value, 0) ELSE n.value END AS actual,
           n.is_synthetic AS is_synthetic, n.loaded_at AS loaded_at,
           EXISTS (
               SELECT 1 FROM findings g
               WHERE g.submission_id = n.submission_id AND g.severity = 'warning' AND g.sheet = n.sheet
                 AND (g.cell = n.cell OR g.cell = d.cell)
           ) AS is_flagged
    FROM indicators i
    JOIN current_fact n ON n.form_code = i.form_code AND n.element = i.numerator
    LEFT JOIN current_fact d ON d.submission_id = n.submission_id AND d.element = i.denominator
    WHERE i.denominator IS NULL OR d.value IS NOT NULL
),
aimed AS (
    SELECT f.*, t.value AS target, t.comparison, t.scope AS target_scope,
           ROW_NUMBER() OVER (
               PARTITION BY f.indicator_code, f.unit_code, f.period
               ORDER BY CASE t.scope WHEN 'province' THEN 0 ELSE 1 END,
                        CASE WHEN t.period = f.period THEN 0 WHEN t.period IS NULL THEN 1 ELSE 2 END
           ) AS choice
    FROM figure f
    LEFT JOIN targets t
        ON t.indicator_code = f.indicator_code AND (t.period = f.period OR t.period IS NULL OR t.period = '2025')
)
SELECT a.indicator_code, i.name AS indicator_name, i.unit, i.kind, i.direction,
       a.unit_code, a.period, a.actual, a.target, a.comparison, a.target_scope,
       CASE
           WHEN a.actual IS NULL OR a.target IS NULL THEN NULL
           WHEN i.direction = 'down' THEN 100.0 * a.target / NULLIF(a.actual, 0)
           ELSE 100.0 * a.actual / NULLIF(a.target, 0)
       END AS percent,
       CASE
           WHEN a.actual IS NULL THEN 'no_data'
           WHEN a.target IS NULL THEN 'no_target'
           WHEN (a.comparison = 'at_least' AND a.actual >= a.target)
             OR (a.comparison = 'more_than' AND a.actual > a.target)
             OR (a.comparison = 'at_most' AND a.actual <= a.target)
             OR (a.comparison = 'less_than' AND a.actual < a.target) THEN 'achieved'
           ELSE 'not_yet'
       END AS status,
       a.is_synthetic, a.is_flagged, a.loaded_at
FROM aimed a
JOIN indicators i ON i.code = a.indicator_code
WHERE a.choice = 1
