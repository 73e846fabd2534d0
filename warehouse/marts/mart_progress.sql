-- Progress of each indicator, per reporting unit and period, of the stage to show (mart_figures).
--   target      the province's own target, else the national one: for this very period, else one that holds for every
--               period, else the program's end (2025); null where unknown
--   percent     share of the target reached; for an indicator where less is better, target ÷ actual
--   status      achieved | not_yet | no_target | no_data
CREATE VIEW mart_progress AS
WITH aimed AS (
    SELECT f.*, t.value AS target, t.comparison, t.scope AS target_scope, t.tag AS target_tag,
           ROW_NUMBER() OVER (
               PARTITION BY f.indicator_code, f.unit_code, f.period
               ORDER BY CASE t.scope WHEN 'province' THEN 0 ELSE 1 END,
                        CASE WHEN t.period = f.period THEN 0 WHEN t.period IS NULL THEN 1 ELSE 2 END
           ) AS choice
    FROM mart_figures f
    LEFT JOIN targets t
        ON t.indicator_code = f.indicator_code AND (t.period = f.period OR t.period IS NULL OR t.period = '2025')
    WHERE f.is_current = 1
)
SELECT a.indicator_code, i.name AS indicator_name, i.unit, i.kind, i.direction,
       a.unit_code, a.period, a.stage, a.actual, a.qualifier, a.target, a.comparison, a.target_scope, a.target_tag,
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
