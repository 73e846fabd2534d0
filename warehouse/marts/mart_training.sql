-- Training: classes, participants, groups of participants and costs. Each share is the quotient of
-- two sums over the reports that give both figures: a unit that does not report the number of women
-- is in no share of women. Beside them the year's plan; mart_plans divides it by level and group.
CREATE VIEW mart_training AS
WITH reports AS (
    SELECT b.unit_code, 'reported' AS basis, b.period, b.stage, b.submission_id,
           CASE WHEN b.is_synthetic THEN 1 ELSE 0 END AS is_synthetic, b.loaded_at
    FROM current_submissions b
    WHERE b.form_code = 'training'
    UNION ALL
    SELECT m.upper_code, m.basis, m.period, m.stage, m.submission_id, m.is_synthetic, m.loaded_at
    FROM rollup_members m
    WHERE m.form_code = 'training'
),
known AS (
    SELECT t.*, c.value AS classes, p.value AS participants, w.value AS women, e.value AS ethnic_minority, s.value AS spent_vnd
    FROM reports t
    LEFT JOIN facts c ON c.submission_id = t.submission_id AND c.element = 'classes_total' AND c.line = 0
    LEFT JOIN facts p ON p.submission_id = t.submission_id AND p.element = 'participants_total' AND p.line = 0
    LEFT JOIN facts w ON w.submission_id = t.submission_id AND w.element = 'women_total' AND w.line = 0
    LEFT JOIN facts e ON e.submission_id = t.submission_id AND e.element = 'ethnic_minority_total' AND e.line = 0
    LEFT JOIN facts s ON s.submission_id = t.submission_id AND s.element = 'budget_spent_vnd_total' AND s.line = 0
),
summed AS (
    SELECT k.unit_code, k.basis, k.period, k.stage, COUNT(k.submission_id) AS reported, COUNT(*) AS expected,
           SUM(k.classes) AS classes, SUM(k.participants) AS participants, SUM(k.women) AS women,
           SUM(CASE WHEN k.women IS NOT NULL THEN k.participants END) AS participants_by_sex,
           SUM(CASE WHEN k.participants IS NOT NULL THEN k.women END) AS women_of_them,
           SUM(k.ethnic_minority) AS ethnic_minority,
           SUM(CASE WHEN k.ethnic_minority IS NOT NULL THEN k.participants END) AS participants_by_ethnicity,
           SUM(CASE WHEN k.participants IS NOT NULL THEN k.ethnic_minority END) AS ethnic_minority_of_them,
           SUM(k.spent_vnd) AS spent_vnd,
           SUM(CASE WHEN k.spent_vnd IS NOT NULL THEN k.participants END) AS participants_with_cost,
           SUM(CASE WHEN k.participants IS NOT NULL THEN k.spent_vnd END) AS cost_of_them,
           MAX(k.is_synthetic) AS is_synthetic, MAX(k.loaded_at) AS loaded_at
    FROM known k
    GROUP BY k.unit_code, k.basis, k.period, k.stage
),
plans AS (
    SELECT b.unit_code, 'reported' AS basis, b.period, b.submission_id
    FROM current_submissions b
    WHERE b.form_code = 'training_plan'
    UNION ALL
    SELECT m.upper_code, m.basis, m.period, m.submission_id
    FROM rollup_members m
    WHERE m.form_code = 'training_plan'
),
planned AS (
    SELECT l.unit_code, l.basis, p.year, COUNT(l.submission_id) AS year_plans, SUM(c.value) AS year_plan_classes,
           SUM(n.value) AS year_plan_participants, SUM(v.value) AS year_plan_vnd
    FROM plans l
    JOIN periods p ON p.code = l.period
    LEFT JOIN facts c ON c.submission_id = l.submission_id AND c.element = 'planned_classes_total' AND c.line = 0
    LEFT JOIN facts n ON n.submission_id = l.submission_id AND n.element = 'planned_participants_total' AND n.line = 0
    LEFT JOIN facts v ON v.submission_id = l.submission_id AND v.element = 'planned_budget_vnd_total' AND v.line = 0
    GROUP BY l.unit_code, l.basis, p.year
)
SELECT s.unit_code, s.basis, s.period, p.last_day AS period_end, s.stage, s.reported, s.expected, s.classes, s.participants,
       s.women, s.participants_by_sex, 100.0 * s.women_of_them / NULLIF(s.participants_by_sex, 0) AS women_percent,
       s.ethnic_minority, s.participants_by_ethnicity,
       100.0 * s.ethnic_minority_of_them / NULLIF(s.participants_by_ethnicity, 0) AS ethnic_minority_percent,
       s.spent_vnd, s.participants_with_cost, s.cost_of_them / NULLIF(s.participants_with_cost, 0) AS cost_per_participant_vnd,
       COALESCE(y.year_plans, 0) AS year_plans,
       y.year_plan_classes, y.year_plan_participants, y.year_plan_vnd,
       s.is_synthetic, s.loaded_at, (SELECT MAX(as_of) FROM runs) AS data_as_of
FROM summed s
JOIN periods p ON p.code = s.period
LEFT JOIN planned y ON y.unit_code = s.unit_code AND y.basis = s.basis AND y.year = p.year
