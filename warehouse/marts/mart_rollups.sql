-- The sums of the units below: communes to their district and to the districts' old land, both to
-- the province. Shares are quotients of sums, never averages. A ratio (income per head) is put together
-- only where its indicator names a weight (the people); a yes/no figure never is.
CREATE VIEW mart_rollups AS
WITH given AS (
    SELECT i.code AS indicator_code, i.kind, i.enough_pct, m.upper_code AS unit_code, m.upper_kind, m.is_old_land,
           m.basis, m.period, m.period_kind, m.period_end, m.ends_at, m.stage, m.is_obligation, m.is_synthetic, m.loaded_at,
           CASE WHEN n.value IS NULL OR (i.denominator IS NOT NULL AND d.value IS NULL)
                     OR (i.weight IS NOT NULL AND w.value IS NULL) THEN 0 ELSE 1 END AS is_given,
           CASE WHEN (m.submission_id, i.numerator) IN (SELECT x.submission_id, x.element FROM doubtful_elements x)
                  OR (m.submission_id, i.denominator) IN (SELECT x.submission_id, x.element FROM doubtful_elements x)
                  OR (m.submission_id, i.weight) IN (SELECT x.submission_id, x.element FROM doubtful_elements x)
                THEN 1 ELSE 0 END AS is_doubtful,
           n.value * CASE WHEN i.weight IS NULL THEN 1 ELSE w.value END AS numerator,
           d.value * CASE WHEN i.weight IS NULL THEN 1 ELSE w.value END AS denominator
    FROM rollup_members m
    JOIN now_indicators i ON i.form_code = m.form_code AND i.kind <> 'yes_no' AND (i.kind <> 'ratio' OR i.weight IS NOT NULL)
    LEFT JOIN facts n ON n.submission_id = m.submission_id AND n.element = i.numerator AND n.line = 0
    LEFT JOIN facts d ON d.submission_id = m.submission_id AND d.element = i.denominator AND d.line = 0
    LEFT JOIN facts w ON w.submission_id = m.submission_id AND w.element = i.weight AND w.line = 0
),
summed AS (
    SELECT g.indicator_code, g.kind, g.enough_pct, g.unit_code, g.upper_kind, g.is_old_land, g.basis, g.period,
           g.period_kind, g.period_end, g.ends_at, g.stage,
           SUM(CASE WHEN g.is_given = 1 THEN g.numerator END) AS numerator,
           SUM(CASE WHEN g.is_given = 1 THEN g.denominator END) AS denominator,
           SUM(g.is_given) AS reported, COUNT(*) AS expected,
           SUM(g.is_obligation) AS obligations, SUM(g.is_obligation * g.is_given) AS reported_of_obligations,
           SUM(g.is_given * g.is_doubtful) AS doubtful,
           MAX(g.is_given * g.is_synthetic) AS is_synthetic,
           MAX(CASE WHEN g.is_given = 1 THEN g.loaded_at END) AS loaded_at
    FROM given g
    GROUP BY g.indicator_code, g.kind, g.enough_pct, g.unit_code, g.upper_kind, g.is_old_land, g.basis, g.period,
             g.period_kind, g.period_end, g.ends_at, g.stage
),
periods_in_use AS (
    SELECT p.code AS period, p.last_day FROM periods p
    WHERE p.code IN (SELECT o.period FROM now_obligations o UNION ALL SELECT r.period FROM reported_periods r)
),
sizes AS (
    SELECT l.upper_code, 'sum_of_' || l.kind || 's' AS basis, p.period,
           SUM(CASE WHEN l.is_shared THEN 0 ELSE 1 END) AS units, SUM(CASE WHEN l.is_shared THEN 1 ELSE 0 END) AS shared
    FROM unit_land_map l
    JOIN periods_in_use p ON p.last_day BETWEEN l.first_day AND l.last_day
    GROUP BY l.upper_code, l.kind, p.period
),
-- Where no report is due, all units that exist count: three that sent one unasked are not all.
covered AS (
    SELECT s.*, z.units, z.shared,
           CASE WHEN s.obligations > 0 AND 100.0 * s.reported_of_obligations >= s.enough_pct * s.obligations THEN 1
                WHEN s.obligations = 0 AND s.reported > 0 AND 100.0 * s.reported >= s.enough_pct * z.units THEN 1
                ELSE 0 END AS is_enough
    FROM summed s
    JOIN sizes z ON z.upper_code = s.unit_code AND z.basis = s.basis AND z.period = s.period
)
SELECT s.indicator_code, s.unit_code, s.upper_kind AS unit_kind, s.basis, s.is_old_land, s.period, s.period_kind, s.period_end,
       s.ends_at, s.stage, s.numerator, s.denominator,
       CASE s.kind WHEN 'share' THEN 100.0 * s.numerator / NULLIF(s.denominator, 0)
                   WHEN 'ratio' THEN s.numerator / NULLIF(s.denominator, 0) ELSE s.numerator END AS actual,
       s.reported, s.expected, s.obligations, s.units, s.shared, s.is_enough,
       CASE WHEN ROW_NUMBER() OVER (
           PARTITION BY s.indicator_code, s.unit_code, s.basis, s.period
           -- One final report does not replace the estimates of all the others.
           ORDER BY CASE WHEN s.stage = 'final' AND s.is_enough = 1 THEN 0 ELSE 1 END, s.reported DESC,
                    CASE s.stage WHEN 'final' THEN 0 ELSE 1 END
       ) = 1 THEN 1 ELSE 0 END AS is_current,
       s.doubtful, s.is_synthetic, s.loaded_at
FROM covered s
