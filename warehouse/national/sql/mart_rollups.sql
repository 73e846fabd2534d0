-- The country's sums: numerators and denominators of the provinces, added up. A share is a quotient
-- of sums. A province that sent nothing is missing, never 0. Estimates are added to estimates only.
--   reported, expected     provinces with a figure; provinces that existed at the end of the period
--   is_enough              enough of the provinces give a figure that is itself of enough units
--   unit_reported, unit_expected, units_below
--                          of the provinces that did not report it themselves: units in the figure, those
--                          that had to report or did, and all units there are
--   own_reports            provinces that reported the figure themselves
CREATE TABLE mart_rollups AS
WITH summed AS (
    SELECT f.indicator_code, f.period, f.period_kind, f.period_end, f.ends_at, f.stage,
           SUM(f.numerator) FILTER (f.is_in_sum) AS numerator,
           SUM(f.denominator) FILTER (f.is_in_sum) AS denominator, COUNT(*) FILTER (f.is_in_sum) AS reported,
           COUNT(*) FILTER (f.is_in_sum AND f.is_enough) AS enough,
           COUNT(*) FILTER (f.is_in_sum AND f.basis = 'reported') AS own_reports,
           COALESCE(SUM(f.reported) FILTER (f.basis <> 'reported'), 0)::BIGINT AS unit_reported,
           COALESCE(SUM(f.expected) FILTER (f.basis <> 'reported'), 0)::BIGINT AS unit_expected,
           COALESCE(SUM(f.units) FILTER (f.basis <> 'reported'), 0)::BIGINT AS units_below,
           SUM(f.doubtful) FILTER (f.is_in_sum)::BIGINT AS doubtful,
           MAX(f.is_synthetic) FILTER (f.is_in_sum) AS is_synthetic, MAX(f.loaded_at) FILTER (f.is_in_sum) AS loaded_at
    FROM province_figures f
    GROUP BY f.indicator_code, f.period, f.period_kind, f.period_end, f.ends_at, f.stage
    HAVING COUNT(*) FILTER (f.is_in_sum) > 0
),
sizes AS (
    SELECT p.code AS period, COUNT(*) AS expected
    FROM periods p
    JOIN now_units u ON u.kind = 'province' AND p.last_day BETWEEN u.valid_from AND u.valid_to
    WHERE p.code IN (SELECT s.period FROM summed s)
    GROUP BY p.code
),
covered AS (
    SELECT s.*, z.expected, CASE WHEN 100.0 * s.enough >= i.enough_pct * z.expected THEN 1 ELSE 0 END AS is_enough,
           CASE i.kind WHEN 'share' THEN 100.0 * s.numerator / NULLIF(s.denominator, 0)
                       WHEN 'ratio' THEN s.numerator / NULLIF(s.denominator, 0) ELSE s.numerator END AS actual
    FROM summed s
    JOIN sizes z ON z.period = s.period
    JOIN now_indicators i ON i.code = s.indicator_code
)
SELECT c.indicator_code, n.code AS unit_code, 'nation' AS unit_kind, 'sum_of_provinces' AS basis, 0 AS is_old_land,
       c.period, c.period_kind, c.period_end, c.ends_at, c.stage, c.numerator, c.denominator, c.actual,
       c.reported, c.expected, c.expected AS obligations, c.expected AS units, 0 AS shared, c.is_enough,
       CASE WHEN ROW_NUMBER() OVER (
           PARTITION BY c.indicator_code, c.period
           -- As of a province: one final report does not replace the estimates of all the others.
           ORDER BY CASE WHEN c.stage = 'final' AND c.is_enough = 1 THEN 0 ELSE 1 END, c.reported DESC,
                    CASE c.stage WHEN 'final' THEN 0 ELSE 1 END
       ) = 1 THEN 1 ELSE 0 END AS is_current,
       c.own_reports, c.unit_reported, c.unit_expected, c.units_below,
       c.doubtful, c.is_synthetic::INTEGER AS is_synthetic, c.loaded_at
FROM covered c
JOIN now_units n ON n.kind = 'nation'
ORDER BY ALL
