-- The progress of each indicator, per unit and period: what units reported, what is missing, and
-- the sums of the units below. A pace is a change per year. The thresholds of `status` are our own
-- choice: no rule says when an indicator is at risk.
--   is_settled    final, of a period that has ended, and from enough of the reports that are due
--   is_headline   the newest settled figure of the indicator and unit: what a headline stands on
CREATE VIEW mart_progress AS
WITH known AS (
    SELECT f.indicator_code, f.unit_code, 'reported' AS basis, f.period, f.period_kind, f.period_end, f.ends_at, f.stage,
           f.actual, f.qualifier, 1 AS reported, 1 AS expected, 1 AS units, 1 AS is_enough, CASE WHEN f.is_synthetic THEN 1 ELSE 0 END AS is_synthetic,
           CASE WHEN f.is_flagged THEN 1 ELSE 0 END AS is_flagged, f.loaded_at
    FROM mart_figures f
    WHERE f.is_current = 1
    UNION ALL
    SELECT r.indicator_code, r.unit_code, r.basis, r.period, r.period_kind, r.period_end, r.ends_at, r.stage,
           r.actual, NULL, r.reported, r.expected, r.units, r.is_enough, r.is_synthetic, 0, r.loaded_at
    FROM mart_rollups r
    WHERE r.is_current = 1
    UNION ALL
    SELECT i.code, o.unit_code, 'reported', o.period, p.kind, p.last_day, p.ends_at, MAX(o.stage), NULL, NULL, 0, 1, 1, 0, 0, 0, NULL
    FROM now_obligations o
    JOIN periods p ON p.code = o.period
    JOIN now_indicators i ON i.form_code = o.form_code
    WHERE NOT EXISTS (
        SELECT 1 FROM indicator_values f
        -- The form follows from the indicator. It is named so that the database can find the
        -- unit's own report by the index.
        WHERE f.indicator_code = i.code AND f.form_code = o.form_code AND f.unit_code = o.unit_code AND f.period = o.period
    )
    GROUP BY i.code, o.unit_code, o.period, p.kind, p.last_day, p.ends_at
),
settled AS (
    SELECT k.*, CASE WHEN k.is_enough = 1 AND k.stage = 'final' AND k.actual IS NOT NULL
                          AND k.period_end <= (SELECT MAX(as_of) FROM runs) THEN 1 ELSE 0 END AS is_settled
    FROM known k
),
placed AS (
    SELECT s.*, u.kind AS unit_kind, CASE WHEN s.is_settled = 1 AND ROW_NUMBER() OVER (
               PARTITION BY s.indicator_code, s.unit_code
               -- Of periods that end together, the year stands before its last quarter. Of one
               -- period, the unit's own report stands before the sum of the units below.
               ORDER BY s.is_settled DESC, s.ends_at DESC,
                        CASE s.period_kind WHEN 'year' THEN 0 WHEN 'half' THEN 1 WHEN 'quarter' THEN 2 ELSE 3 END,
                        CASE s.basis WHEN 'reported' THEN 0 ELSE 1 END, s.basis
           ) = 1 THEN 1 ELSE 0 END AS is_headline
    FROM settled s
    -- Codes were reused, but never on another level.
    LEFT JOIN (SELECT code, MIN(kind) AS kind FROM now_units GROUP BY code) u ON u.code = s.unit_code
),
with_targets AS (
    SELECT k.*, i.name AS indicator_name, i.unit, i.kind, i.direction, y.value AS target_year, y.comparison AS comparison_year,
           e.value AS target_2025, e.comparison AS comparison_2025, COALESCE(e.scope, y.scope) AS target_scope,
           COALESCE(e.tag, y.tag) AS target_tag,
           CASE WHEN b.ends_at < k.ends_at THEN i.baseline_value END AS baseline,
           CASE WHEN b.ends_at < k.ends_at THEN i.baseline_period END AS baseline_period,
           CASE WHEN b.ends_at < k.ends_at THEN b.ends_at END AS baseline_at,
           FIRST_VALUE(k.actual) OVER series AS first_actual, FIRST_VALUE(k.ends_at) OVER series AS first_at
    FROM placed k
    JOIN now_indicators i ON i.code = k.indicator_code
    -- A province's baseline does not apply to a district. One that applies to all by definition is
    -- declared national.
    LEFT JOIN periods b ON b.code = i.baseline_period AND (i.baseline_scope = 'national' OR EXISTS (
        SELECT 1 FROM now_units u WHERE u.code = k.unit_code AND u.kind = 'province'))
    -- A yearly target for an amount does not apply to a quarter; one for a level applies at any
    -- time. A unit's own target has priority over its level's, that over one for every unit, the
    -- province's over the national one, and one for this period over one for every period.
    LEFT JOIN now_targets y ON y.id = (
        SELECT t.id FROM now_targets t
        WHERE t.indicator_code = k.indicator_code AND (t.period IS NULL OR t.period = k.period
            OR (t.period = SUBSTR(k.period, 1, 4) AND i.kind NOT IN ('count', 'money')))
          AND (t.unit_code = k.unit_code OR (t.unit_code IS NULL AND (t.level IS NULL OR t.level = k.unit_kind)))
        ORDER BY CASE WHEN t.unit_code IS NULL THEN 1 ELSE 0 END, CASE WHEN t.level IS NULL THEN 1 ELSE 0 END,
                 CASE t.scope WHEN 'national' THEN 1 ELSE 0 END, CASE WHEN t.period IS NULL THEN 1 ELSE 0 END, t.id LIMIT 1)
    LEFT JOIN now_targets e ON e.id = (
        SELECT t.id FROM now_targets t
        WHERE t.indicator_code = k.indicator_code AND (t.period IS NULL
            OR (t.period = '2025' AND (k.period_kind = 'year' OR i.kind NOT IN ('count', 'money'))))
          AND (t.unit_code = k.unit_code OR (t.unit_code IS NULL AND (t.level IS NULL OR t.level = k.unit_kind)))
        ORDER BY CASE WHEN t.unit_code IS NULL THEN 1 ELSE 0 END, CASE WHEN t.level IS NULL THEN 1 ELSE 0 END,
                 CASE t.scope WHEN 'national' THEN 1 ELSE 0 END, CASE WHEN t.period IS NULL THEN 1 ELSE 0 END, t.id LIMIT 1)
    WINDOW series AS (
        PARTITION BY k.indicator_code, k.unit_code, k.basis, k.period_kind
        ORDER BY CASE WHEN k.actual IS NULL THEN 1 ELSE 0 END, k.ends_at
    )
),
with_start AS (
    SELECT a.*, COALESCE(a.baseline, CASE WHEN a.first_at < a.ends_at THEN a.first_actual END) AS start_value,
           COALESCE(a.baseline_at, CASE WHEN a.first_at < a.ends_at AND a.first_actual IS NOT NULL THEN a.first_at END) AS start_at,
           CASE WHEN a.ends_at < 2026.0 THEN 2026.0 - a.ends_at END AS years_left
    FROM with_targets a
),
with_pace AS (
    SELECT s.*, (s.target_2025 - s.actual) / s.years_left AS required_pace,
           (s.actual - s.start_value) / (s.ends_at - s.start_at) AS actual_pace,
           s.actual + (s.actual - s.start_value) / (s.ends_at - s.start_at) * s.years_left AS projection_2025,
           COALESCE(s.target_2025, s.target_year) AS goal, COALESCE(s.comparison_2025, s.comparison_year) AS comparison
    FROM with_start s
),
compared AS (
    SELECT p.*,
           CASE p.comparison WHEN 'at_least' THEN p.actual >= p.goal WHEN 'more_than' THEN p.actual > p.goal
                             WHEN 'at_most' THEN p.actual <= p.goal WHEN 'less_than' THEN p.actual < p.goal END AS is_there,
           CASE p.comparison WHEN 'at_least' THEN p.projection_2025 >= p.goal WHEN 'more_than' THEN p.projection_2025 > p.goal
                             WHEN 'at_most' THEN p.projection_2025 <= p.goal WHEN 'less_than' THEN p.projection_2025 < p.goal
           END AS will_be_there,
           CASE p.comparison_year WHEN 'at_least' THEN p.actual >= p.target_year WHEN 'more_than' THEN p.actual > p.target_year
                                  WHEN 'at_most' THEN p.actual <= p.target_year WHEN 'less_than' THEN p.actual < p.target_year
           END AS was_there
    FROM with_pace p
)
SELECT j.indicator_code, j.indicator_name, j.unit, j.kind, j.direction, j.unit_code, j.basis, j.period, j.period_kind, j.period_end,
       j.stage, j.actual, j.qualifier, j.reported, j.expected, j.units, j.is_enough, j.is_settled, j.is_headline,
       j.baseline, j.baseline_period, j.target_year, CASE WHEN j.was_there THEN 1 WHEN NOT j.was_there THEN 0 END AS is_year_target_met,
       j.target_2025, j.goal AS target, j.comparison, j.target_scope, j.target_tag,
       CASE WHEN j.direction = 'down' THEN 100.0 * j.goal / NULLIF(j.actual, 0)
            ELSE 100.0 * j.actual / NULLIF(j.goal, 0) END AS percent,
       100.0 * (j.actual - j.start_value) / NULLIF(j.target_2025 - j.start_value, 0) AS percent_of_way,
       j.start_value, j.start_at, j.required_pace, j.actual_pace, j.projection_2025,
       CASE
           WHEN j.actual IS NULL THEN 'no_data'
           WHEN j.goal IS NULL THEN 'no_target'
           WHEN j.is_enough = 0 THEN 'partial'
           WHEN j.is_settled = 0 THEN CASE WHEN j.is_there THEN 'estimated_met' ELSE 'estimated_unmet' END
           WHEN j.is_there THEN 'achieved'
           WHEN j.target_2025 IS NULL OR j.years_left IS NULL THEN 'behind'
           WHEN j.projection_2025 IS NULL THEN 'not_yet'
           WHEN j.will_be_there THEN 'on_track'
           WHEN (j.projection_2025 - j.start_value) / NULLIF(j.target_2025 - j.start_value, 0) >= 0.9 THEN 'at_risk'
           ELSE 'behind'
       END AS status,
       j.is_synthetic, j.is_flagged, j.loaded_at, (SELECT MAX(as_of) FROM runs) AS data_as_of
FROM compared j
