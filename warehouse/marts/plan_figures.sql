-- The figures of each plan and of its results, by period: a unit's own and the sums of the units
-- below. No mart: mart_plans uses it.
--   side      plan or result
--   item      the line of a matrix; of a column that names units, the code of each unit named, with
--             the number of lines that name it
--   given     in how many of the reports the figure stands; sent: how many came; expected: how many
--             are due or came
CREATE VIEW plan_figures AS
WITH sides AS (
    SELECT k.result_form, k.result_element, k.item, k.is_units, 'plan' AS side, k.plan_form AS form_code,
           k.plan_element AS element, 'stock' AS over_time
    FROM now_plan_pairs k
    UNION ALL
    SELECT k.result_form, k.result_element, k.item, k.is_units, 'result', k.result_form, k.result_element, k.over_time
    FROM now_plan_pairs k
),
figures AS (
    SELECT r.unit_code, r.basis, s.result_form, s.result_element, s.item, s.side, s.over_time, r.period, r.period_kind,
           r.period_end, r.submission_id, f.value, r.is_synthetic, r.loaded_at,
           CASE WHEN (r.submission_id, s.element) IN (SELECT x.submission_id, x.element FROM doubtful_elements x)
                THEN 1 ELSE 0 END AS is_doubtful
    FROM plan_reports r
    JOIN sides s ON s.form_code = r.form_code AND NOT s.is_units
    LEFT JOIN facts f ON f.submission_id = r.submission_id AND f.element = s.element AND f.line = 0
    UNION ALL
    SELECT r.unit_code, r.basis, s.result_form, s.result_element, u.code, s.side, 'flow', r.period, r.period_kind,
           r.period_end, r.submission_id, 1.0 * COUNT(*), MAX(r.is_synthetic), MAX(r.loaded_at), 0
    FROM plan_reports r
    JOIN sides s ON s.form_code = r.form_code AND s.is_units
    JOIN facts f ON f.submission_id = r.submission_id AND f.element = s.element
    JOIN now_units u ON ';' || f.text || ';' LIKE '%;' || u.code || ';%' AND r.period_end BETWEEN u.valid_from AND u.valid_to
    GROUP BY r.unit_code, r.basis, s.result_form, s.result_element, u.code, s.side, r.period, r.period_kind, r.period_end,
             r.submission_id
)
SELECT g.unit_code, g.basis, g.result_form, g.result_element, g.item, g.side, g.over_time, g.period, g.period_kind, g.period_end,
       SUM(g.value) AS value, COUNT(g.value) AS given, COUNT(g.submission_id) AS sent, COUNT(*) AS expected,
       SUM(CASE WHEN g.value IS NULL THEN 0 ELSE g.is_doubtful END) AS doubtful,
       MAX(CASE WHEN g.value IS NULL THEN 0 ELSE g.is_synthetic END) AS is_synthetic,
       MAX(CASE WHEN g.value IS NOT NULL THEN g.loaded_at END) AS loaded_at
FROM figures g
GROUP BY g.unit_code, g.basis, g.result_form, g.result_element, g.item, g.side, g.over_time, g.period, g.period_kind, g.period_end
