-- A year's plan beside what was done: of the country, and of each province that gives the figure.
-- Of a province counts the row whose plan is of enough of its units, else its own report, else the
-- row with more plans. A unit that a list names is the province's own affair and is not here.
--   plans, reported, expected   provinces with a planned figure, with a result, and all at the end of the year
--   compared                    provinces with both, the plan of enough of their units: `percent` is theirs
--   unit_plans, units_below     of the provinces whose plan is a sum: units with a planned figure, all units
CREATE TABLE mart_plans AS
WITH of_provinces AS (
    SELECT d.* EXCLUDE (unit_code, province, position, plan_form_code, item_name, figure_name, measure, is_total, is_units),
           d.province AS unit_code, k.position, k.plan_form AS plan_form_code, k.item_name, k.figure_name, k.measure,
           k.is_total, k.is_units
    FROM detail.mart_plans d
    JOIN now_plan_pairs k ON k.result_form = d.form_code AND k.table_name = d.table_name AND k.item = d.item
        AND k.figure = d.figure AND NOT k.is_units
    ANTI JOIN differences x ON x.province = d.province
        AND x.plan_figure = concat_ws('/', d.form_code, d.table_name, d.item, d.figure)
    WHERE d.unit_code = d.province AND EXISTS (
        SELECT 1 FROM now_units u
        WHERE u.code = d.province AND u.kind = 'province' AND make_date(d.year, 12, 31) BETWEEN u.valid_from AND u.valid_to
    )
    QUALIFY ROW_NUMBER() OVER (
        PARTITION BY d.province, d.year, d.form_code, d.table_name, d.item, d.figure
        ORDER BY CASE WHEN d.percent IS NOT NULL THEN 0 ELSE 1 END, CASE d.basis WHEN 'reported' THEN 0 ELSE 1 END,
                 d.plans DESC, d.reported DESC, d.basis
    ) = 1
),
sizes AS (
    SELECT p.year, COUNT(*) AS provinces
    FROM periods p
    JOIN now_units u ON u.kind = 'province' AND p.last_day BETWEEN u.valid_from AND u.valid_to
    WHERE p.kind = 'year'
    GROUP BY p.year
),
summed AS (
    SELECT o.year, o.form_code, o.plan_form_code, o.position, o.table_name, o.item, o.figure, o.item_name, o.figure_name,
           o.measure, o.is_total, o.is_units, SUM(o.plan) AS plan, SUM(o.result) AS result,
           SUM(o.result) FILTER (o.percent IS NOT NULL) AS result_compared,
           SUM(o.plan) FILTER (o.percent IS NOT NULL) AS plan_compared,
           COUNT(o.percent) AS compared, COUNT(o.plan) AS plans, COUNT(o.result) AS reported,
           SUM(CASE WHEN o.plans_sent > 0 THEN 1 ELSE 0 END)::BIGINT AS plans_sent,
           COALESCE(SUM(o.plans) FILTER (o.basis <> 'reported'), 0)::BIGINT AS unit_plans,
           COALESCE(SUM(o.units) FILTER (o.basis <> 'reported'), 0)::BIGINT AS units_below,
           bool_or(o.status = 'plan_unknown') AS is_plan_unknown, SUM(o.doubtful)::BIGINT AS doubtful,
           bool_or(o.is_synthetic) AS is_synthetic, MAX(o.loaded_at) AS loaded_at
    FROM of_provinces o
    GROUP BY ALL
),
setting AS (
    SELECT COALESCE(MAX(i.enough_pct), 80) AS enough_pct FROM now_indicators i
),
of_nation AS (
    SELECT s.* EXCLUDE (result_compared, plan_compared, is_plan_unknown), n.code AS unit_code,
           'sum_of_provinces' AS basis, z.provinces AS units, z.provinces AS expected, s.doubtful > 0 AS is_flagged,
           CASE WHEN 100.0 * s.compared >= (SELECT g.enough_pct FROM setting g) * z.provinces
                THEN 100.0 * s.result_compared / NULLIF(s.plan_compared, 0) END AS percent,
           CASE WHEN s.plan IS NULL AND s.is_plan_unknown THEN 'plan_unknown'
                WHEN s.plan IS NULL THEN 'no_plan'
                WHEN s.result IS NULL THEN 'no_result'
                ELSE 'compared' END AS status
    FROM summed s
    JOIN sizes z ON z.year = s.year
    JOIN now_units n ON n.kind = 'nation'
)
SELECT * FROM of_nation UNION ALL BY NAME SELECT * FROM of_provinces
ORDER BY form_code, year, position, table_name, item, figure, unit_code
