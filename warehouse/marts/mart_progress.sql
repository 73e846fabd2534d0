-- The progress of each indicator, per unit and period: what units reported, what is missing, and
-- the sums of the units below. A pace is a change per year. The thresholds of `status` are our own
-- choice: no rule says when an indicator is at risk.
--   since_january a flow's periods of the year so far, added up; a cumulative flow as it is
--   measured      what is compared with the target: `since_january` of flows, else `actual`; a
--                 target of this very period is compared with `actual`
--   grows         a flow that starts at 0 each January: its pace runs within the year. A share of
--                 two flows does not grow, and what is at the period's end (a stock) has no January
--   is_settled    final, of a period that has ended, and from enough of the reports that are due
--   is_headline   the newest settled figure of the indicator and unit: what a headline stands on
CREATE VIEW mart_progress AS
WITH known AS (
    SELECT f.indicator_code, f.unit_code, 'reported' AS basis, f.period, f.period_kind, f.period_end,
           f.ends_at, f.stage, f.numerator, f.denominator, f.actual, f.qualifier,
           1 AS reported, 1 AS expected, 1 AS units, 1 AS is_enough,
           CASE WHEN f.is_synthetic THEN 1 ELSE 0 END AS is_synthetic,
           f.is_flagged AS doubtful, f.loaded_at
    FROM mart_figures f
    WHERE f.is_current = 1
    UNION ALL
    SELECT r.indicator_code, r.unit_code, r.basis, r.period, r.period_kind, r.period_end,
           r.ends_at, r.stage, r.numerator, r.denominator, r.actual, NULL,
           r.reported, r.expected, r.units, r.is_enough, r.is_synthetic, r.doubtful, r.loaded_at
    FROM mart_rollups r
    WHERE r.is_current = 1
    UNION ALL
    SELECT i.code, o.unit_code, 'reported', o.period, p.kind, p.last_day,
           p.ends_at, MAX(o.stage), NULL, NULL, NULL, NULL, 0, 1, 1, 0, 0, 0, NULL
    FROM now_obligations o
    JOIN periods p ON p.code = o.period
    JOIN now_indicators i ON i.form_code = o.form_code
    WHERE NOT EXISTS (
        SELECT 1 FROM indicator_values f
        -- The form follows from the indicator. It is named so that the database can find the
        -- unit's own report by the index.
        WHERE f.indicator_code = i.code AND f.form_code = o.form_code AND f.unit_code = o.unit_code
          AND f.period = o.period
    )
    GROUP BY i.code, o.unit_code, o.period, p.kind, p.last_day, p.ends_at
),
-- The day of the last run, and the beginning of its month in years, as `ends_at` counts.
clock AS (
    SELECT r.data_as_of, p.ends_at - 1.0 / 12 AS month_began_at
    FROM (SELECT MAX(as_of) AS data_as_of FROM runs) r
    JOIN periods p ON p.kind = 'month' AND r.data_as_of BETWEEN p.first_day AND p.last_day
),
dated AS (
    SELECT k.*, i.name AS indicator_name, i.unit, i.kind, i.direction, i.over_time, i.base_over_time,
           u.kind AS unit_kind, p.year, k.ends_at - p.year AS elapsed,
           CASE k.period_kind WHEN 'year' THEN 1 WHEN 'half' THEN 2 WHEN 'quarter' THEN 4 ELSE 12 END AS per_year,
           CASE WHEN i.over_time IN ('flow', 'year') THEN 1 ELSE 0 END AS is_of_year,
           CASE WHEN i.over_time IN ('flow', 'year') AND i.base_over_time NOT IN ('flow', 'year') THEN 1 ELSE 0
           END AS grows
    FROM known k
    JOIN now_indicators i ON i.code = k.indicator_code
    JOIN periods p ON p.code = k.period
    -- Codes were reused, but never on another level.
    LEFT JOIN (SELECT code, MIN(kind) AS kind FROM now_units GROUP BY code) u ON u.code = k.unit_code
),
added_up AS (
    SELECT d.*, COUNT(d.actual) OVER so_far AS periods_so_far, MIN(d.is_enough) OVER so_far AS all_enough,
           MAX(d.doubtful) OVER so_far AS doubtful_so_far,
           SUM(d.numerator) OVER so_far AS numerator_so_far,
           CASE d.base_over_time WHEN 'flow' THEN SUM(d.denominator) OVER so_far ELSE d.denominator
           END AS denominator_so_far
    FROM dated d
    -- Communes continue the sum of the districts that they replaced in the middle of a year.
    WINDOW so_far AS (
        PARTITION BY d.indicator_code, d.unit_code, CASE d.basis WHEN 'reported' THEN 0 ELSE 1 END,
                     d.period_kind, d.year
        ORDER BY d.ends_at
    )
),
since AS (
    SELECT a.*,
           CASE WHEN a.over_time = 'year' OR (a.over_time = 'flow' AND a.period_kind = 'year') THEN a.actual
                -- Where one of the year's periods is missing, nobody knows the sum.
                WHEN a.over_time = 'flow' AND ABS(a.periods_so_far - a.elapsed * a.per_year) < 0.01 THEN
                    CASE a.kind WHEN 'share' THEN 100.0 * a.numerator_so_far / NULLIF(a.denominator_so_far, 0)
                                WHEN 'ratio' THEN a.numerator_so_far / NULLIF(a.denominator_so_far, 0)
                                ELSE a.numerator_so_far END
           END AS since_january
    FROM added_up a
),
settled AS (
    SELECT s.*, c.data_as_of, c.month_began_at,
           CASE WHEN s.is_of_year = 1 THEN s.since_january ELSE s.actual END AS so_far,
           CASE WHEN s.stage = 'final' AND s.actual IS NOT NULL AND s.period_end <= c.data_as_of
                     AND s.is_enough = 1 THEN 1 ELSE 0 END AS is_settled
    FROM since s
    LEFT JOIN clock c ON 1 = 1
),
placed AS (
    SELECT s.*, CASE WHEN s.is_settled = 1 AND ROW_NUMBER() OVER (
               PARTITION BY s.indicator_code, s.unit_code
               -- Of periods that end together, the year stands before its last quarter. Of one
               -- period, the unit's own report stands before the sum of the units below.
               ORDER BY s.is_settled DESC, s.ends_at DESC, s.per_year,
                        CASE s.basis WHEN 'reported' THEN 0 ELSE 1 END, s.basis
           ) = 1 THEN 1 ELSE 0 END AS is_headline
    FROM settled s
),
with_targets AS (
    SELECT k.*, y.value AS target_year,
           CASE WHEN y.period = k.period THEN k.actual ELSE k.so_far END AS measured,
           -- A year so far is as complete as the thinnest of its quarters.
           CASE WHEN k.over_time <> 'flow' OR y.period = k.period THEN k.is_enough ELSE k.all_enough
           END AS has_enough, y.comparison AS comparison_year,
           CASE WHEN k.is_of_year = 0 THEN e.value WHEN k.year = 2025 THEN y.value END AS target_2025,
           COALESCE(e.value, y.value) AS goal, COALESCE(e.comparison, y.comparison) AS comparison,
           COALESCE(e.scope, y.scope) AS target_scope, COALESCE(e.tag, y.tag) AS target_tag,
           CASE WHEN e.value IS NOT NULL THEN 2026.0 WHEN y.period = k.period THEN k.ends_at
                WHEN y.value IS NOT NULL THEN k.year + 1.0 END AS target_at,
           CASE WHEN b.ends_at < k.ends_at THEN i.baseline_value END AS baseline,
           CASE WHEN b.ends_at < k.ends_at THEN i.baseline_period END AS baseline_period,
           CASE WHEN b.ends_at < k.ends_at THEN b.ends_at END AS baseline_at,
           FIRST_VALUE(k.actual) OVER series AS first_actual, FIRST_VALUE(k.ends_at) OVER series AS first_at
    FROM placed k
    JOIN now_indicators i ON i.code = k.indicator_code
    -- A province's baseline does not apply to a district. One that applies to all by definition is
    -- declared national.
    LEFT JOIN periods b ON b.code = i.baseline_period
        AND (i.baseline_scope = 'national' OR k.unit_kind = 'province')
    -- A unit's own target has priority over its level's, that over one for every unit, the
    -- province's over the national one, and one for this period over one for every period.
    LEFT JOIN now_targets y ON y.id = (
        SELECT t.id FROM now_targets t
        WHERE t.indicator_code = k.indicator_code
          AND (t.period IS NULL OR t.period = k.period OR t.period = SUBSTR(k.period, 1, 4))
          AND (t.unit_code = k.unit_code
               OR (t.unit_code IS NULL AND (t.level IS NULL OR t.level = k.unit_kind)))
        ORDER BY CASE WHEN t.unit_code IS NULL THEN 1 ELSE 0 END,
                 CASE WHEN t.level IS NULL THEN 1 ELSE 0 END,
                 CASE t.scope WHEN 'national' THEN 1 ELSE 0 END,
                 CASE WHEN t.period IS NULL THEN 2 WHEN LENGTH(t.period) > 4 THEN 0 ELSE 1 END, t.id
        LIMIT 1)
    -- What is reached by the end of 2025 is a level at that time. A flow has a target each year.
    LEFT JOIN now_targets e ON k.is_of_year = 0 AND e.id = (
        SELECT t.id FROM now_targets t
        WHERE t.indicator_code = k.indicator_code AND (t.period IS NULL OR t.period = '2025')
          AND (t.unit_code = k.unit_code
               OR (t.unit_code IS NULL AND (t.level IS NULL OR t.level = k.unit_kind)))
        ORDER BY CASE WHEN t.unit_code IS NULL THEN 1 ELSE 0 END,
                 CASE WHEN t.level IS NULL THEN 1 ELSE 0 END,
                 CASE t.scope WHEN 'national' THEN 1 ELSE 0 END,
                 CASE WHEN t.period IS NULL THEN 1 ELSE 0 END, t.id
        LIMIT 1)
    WINDOW series AS (
        PARTITION BY k.indicator_code, k.unit_code, k.basis, k.period_kind
        ORDER BY CASE WHEN k.actual IS NULL THEN 1 ELSE 0 END, k.ends_at
    )
),
with_start AS (
    SELECT a.*,
           CASE WHEN a.grows = 1 THEN 0.0 WHEN a.is_of_year = 1 THEN NULL
                ELSE COALESCE(a.baseline, CASE WHEN a.first_at < a.ends_at THEN a.first_actual END)
           END AS start_value,
           CASE WHEN a.grows = 1 THEN CAST(a.year AS DOUBLE PRECISION) WHEN a.is_of_year = 1 THEN NULL
                ELSE COALESCE(a.baseline_at,
                              CASE WHEN a.first_at < a.ends_at AND a.first_actual IS NOT NULL THEN a.first_at END)
           END AS start_at,
           COALESCE(a.target_at, CASE WHEN a.is_of_year = 1 THEN a.year + 1.0 ELSE 2026.0 END) AS projection_at
    FROM with_targets a
),
with_pace AS (
    SELECT s.*, CASE WHEN s.ends_at < s.projection_at THEN s.projection_at - s.ends_at END AS years_left,
           (s.measured - s.start_value) / NULLIF(s.ends_at - s.start_at, 0) AS actual_pace
    FROM with_start s
),
projected AS (
    SELECT p.*, (p.goal - p.measured) / p.years_left AS required_pace,
           p.measured + p.actual_pace * p.years_left AS projection,
           CASE WHEN p.ends_at <= p.projection_at THEN
               p.start_value + (p.goal - p.start_value) * (p.ends_at - p.start_at)
                             / NULLIF(p.projection_at - p.start_at, 0) END AS expected_by_now,
           -- A growing figure that must stay below its target has not done so before the end.
           CASE WHEN p.ends_at >= p.target_at OR p.is_of_year = 0 THEN 1
                WHEN p.grows = 1 AND p.comparison IN ('at_least', 'more_than') THEN 1 ELSE 0 END AS is_decided
    FROM with_pace p
),
compared AS (
    SELECT p.*,
           CASE p.comparison WHEN 'at_least' THEN p.measured >= p.goal WHEN 'more_than' THEN p.measured > p.goal
                             WHEN 'at_most' THEN p.measured <= p.goal WHEN 'less_than' THEN p.measured < p.goal
           END AS is_there,
           CASE p.comparison WHEN 'at_least' THEN p.projection >= p.goal WHEN 'more_than' THEN p.projection > p.goal
                             WHEN 'at_most' THEN p.projection <= p.goal WHEN 'less_than' THEN p.projection < p.goal
           END AS will_be_there,
           CASE p.comparison_year WHEN 'at_least' THEN p.measured >= p.target_year
                                  WHEN 'more_than' THEN p.measured > p.target_year
                                  WHEN 'at_most' THEN p.measured <= p.target_year
                                  WHEN 'less_than' THEN p.measured < p.target_year END AS was_there
    FROM projected p
)
SELECT j.indicator_code, j.indicator_name, j.unit, j.kind, j.direction, j.over_time, j.unit_code, j.basis,
       j.period, j.period_kind, j.period_end, j.stage, j.actual, j.since_january, j.measured, j.qualifier,
       j.reported, j.expected, j.units, j.is_enough, j.is_settled, j.is_headline,
       j.baseline, j.baseline_period, j.target_year,
       CASE WHEN j.was_there THEN 1 WHEN NOT j.was_there THEN 0 END AS is_year_target_met,
       j.target_2025, j.goal AS target, j.target_at, j.comparison, j.target_scope, j.target_tag,
       CASE WHEN j.direction = 'down' THEN 100.0 * j.goal / NULLIF(j.measured, 0)
            ELSE 100.0 * j.measured / NULLIF(j.goal, 0) END AS percent,
       100.0 * (j.measured - j.start_value) / NULLIF(j.goal - j.start_value, 0) AS percent_of_way,
       j.start_value, j.start_at, j.expected_by_now, j.required_pace, j.actual_pace, j.projection, j.projection_at,
       CASE
           WHEN j.actual IS NULL THEN 'no_data'
           WHEN j.goal IS NULL THEN 'no_target'
           WHEN j.has_enough = 0 OR j.measured IS NULL THEN 'partial'
           WHEN j.is_settled = 0 THEN CASE WHEN j.is_there THEN 'estimated_met' ELSE 'estimated_unmet' END
           WHEN j.is_there AND j.is_decided = 1 THEN 'achieved'
           WHEN j.ends_at >= j.target_at THEN 'not_reached'
           -- The target's date has passed, and this figure is older: it promises nothing any more.
           WHEN j.month_began_at > j.target_at - 0.01 THEN 'not_yet'
           WHEN j.is_of_year = 1 AND j.grows = 0 THEN CASE WHEN j.is_there THEN 'on_track' ELSE 'not_yet' END
           WHEN j.projection IS NULL THEN 'not_yet'
           WHEN j.will_be_there THEN 'on_track'
           WHEN j.is_decided = 1
                AND (j.projection - j.start_value) / NULLIF(j.goal - j.start_value, 0) >= 0.9 THEN 'at_risk'
           ELSE 'behind'
       END AS status,
       j.is_synthetic, j.doubtful,
       CASE WHEN j.doubtful > 0 OR (j.over_time = 'flow' AND j.doubtful_so_far > 0) THEN 1 ELSE 0 END AS is_flagged,
       j.loaded_at, j.data_as_of
FROM compared j
