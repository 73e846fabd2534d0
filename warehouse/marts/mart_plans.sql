-- What a year's plan says beside what was done, for every form whose YAML names a plan (`plans`):
-- by level, group, topic, unit reached, project, support. A flow of the year is the sum of its
-- periods; a cumulative figure or a stock is that of the year's last period with enough reports.
-- A unit that reports the year as a whole counts by that report.
CREATE VIEW mart_plans AS
WITH setting AS (
    SELECT COALESCE(MAX(i.enough_pct), 80) AS enough_pct FROM now_indicators i
),
ranked AS (
    SELECT f.*, p.year,
           ROW_NUMBER() OVER (
               PARTITION BY f.unit_code, f.basis, f.result_form, f.result_element, f.item, f.side, p.year, f.period_kind
               ORDER BY CASE WHEN 100.0 * f.given >= (SELECT s.enough_pct FROM setting s) * f.expected THEN 0 ELSE 1 END,
                        f.period_end DESC
           ) AS place
    FROM plan_figures f
    JOIN periods p ON p.code = f.period
),
of_kind AS (
    SELECT r.*,
           SUM(r.value) OVER same AS of_year, SUM(r.given) OVER same AS given_of_year, SUM(r.sent) OVER same AS sent_of_year,
           SUM(r.expected) OVER same AS expected_of_year, SUM(r.doubtful) OVER same AS doubtful_of_year,
           MAX(r.is_synthetic) OVER same AS synthetic_of_year, MAX(r.loaded_at) OVER same AS loaded_last
    FROM ranked r
    WHERE r.over_time = 'flow' OR r.place = 1
    WINDOW same AS (
        PARTITION BY r.unit_code, r.basis, r.result_form, r.result_element, r.item, r.side, r.year, r.period_kind
    )
),
chosen AS (
    SELECT o.*,
           ROW_NUMBER() OVER (
               PARTITION BY o.unit_code, o.basis, o.result_form, o.result_element, o.item, o.side, o.year
               ORDER BY 1.0 * o.given_of_year / o.expected_of_year DESC,
                        CASE o.period_kind WHEN 'year' THEN 1 WHEN 'half' THEN 2 WHEN 'quarter' THEN 3 ELSE 4 END, o.place
           ) AS choice
    FROM of_kind o
),
-- Windows and no GROUP BY: a filter by unit then reaches the reports, which SQLite would all read.
both_sides AS (
    SELECT c.unit_code, c.basis, c.year, c.result_form, c.result_element, c.item,
           MAX(CASE c.side WHEN 'plan' THEN c.of_year END) OVER pair AS plan,
           MAX(CASE c.side WHEN 'result' THEN c.of_year END) OVER pair AS result,
           MAX(CASE c.side WHEN 'plan' THEN c.given_of_year ELSE 0 END) OVER pair AS plans,
           MAX(CASE c.side WHEN 'plan' THEN c.sent_of_year ELSE 0 END) OVER pair AS plans_sent,
           MAX(CASE c.side WHEN 'result' THEN c.given_of_year ELSE 0 END) OVER pair AS reported,
           MAX(CASE c.side WHEN 'result' THEN c.expected_of_year ELSE 0 END) OVER pair AS expected,
           SUM(c.doubtful_of_year) OVER pair AS doubtful, MAX(c.synthetic_of_year) OVER pair AS is_synthetic,
           MAX(c.loaded_last) OVER pair AS loaded_at,
           ROW_NUMBER() OVER (
               PARTITION BY c.unit_code, c.basis, c.result_form, c.result_element, c.item, c.year ORDER BY c.side
           ) AS side_no
    FROM chosen c
    WHERE c.choice = 1
    WINDOW pair AS (PARTITION BY c.unit_code, c.basis, c.result_form, c.result_element, c.item, c.year)
),
compared AS (
    SELECT b.* FROM both_sides b WHERE b.side_no = 1
),
years AS (
    SELECT DISTINCT p.year FROM reported_periods r JOIN periods p ON p.code = r.period
),
-- A unit that existed on one day of the year can have a plan of it.
sizes AS (
    SELECT l.upper_code, 'sum_of_' || l.kind || 's' AS basis, y.year, COUNT(DISTINCT l.unit_code) AS units
    FROM unit_land_map l
    JOIN years y ON 1 = 1
    JOIN periods p ON p.kind = 'year' AND p.year = y.year AND l.first_day <= p.last_day AND l.last_day >= p.first_day
    WHERE NOT l.is_shared
    GROUP BY l.upper_code, l.kind, y.year
),
-- Codes were reused: of two units with a code in one year, the later one.
names AS (
    SELECT n.code, n.year, n.name
    FROM (
        SELECT u.code, p.year, u.name, ROW_NUMBER() OVER (PARTITION BY u.code, p.year ORDER BY u.valid_from DESC) AS place
        FROM now_units u
        JOIN years y ON 1 = 1
        JOIN periods p ON p.kind = 'year' AND p.year = y.year AND u.valid_from <= p.last_day AND u.valid_to >= p.first_day
    ) n
    WHERE n.place = 1
),
documents AS (
    SELECT b.unit_code, b.form_code, p.year,
           MAX(CASE f.element WHEN 'plan_number_document' THEN f.text END) AS plan_number,
           MAX(CASE f.element WHEN 'plan_date_document' THEN f.text END) AS plan_date
    FROM current_submissions b
    JOIN periods p ON p.code = b.period
    JOIN facts f ON f.submission_id = b.submission_id AND f.line = 0
     AND f.element IN ('plan_number_document', 'plan_date_document')
    GROUP BY b.unit_code, b.form_code, p.year
)
SELECT c.unit_code, c.basis, c.year, c.result_form AS form_code, k.plan_form AS plan_form_code, k.position, k.table_name,
       c.item, k.figure, CASE WHEN k.is_units THEN n.name ELSE k.item_name END AS item_name, k.figure_name, k.measure, c.plan, c.result,
       -- The plans of a few units beside the results of all would be a share of nothing.
       CASE WHEN c.basis = 'reported' OR 100.0 * c.plans >= (SELECT s.enough_pct FROM setting s) * COALESCE(z.units, 1)
            THEN 100.0 * c.result / NULLIF(c.plan, 0) END AS percent,
       CASE WHEN c.plan IS NULL AND k.plan_form <> c.result_form AND (c.plans_sent > 0 OR d.unit_code IS NOT NULL)
                 THEN 'plan_unknown'
            WHEN c.plan IS NULL THEN 'no_plan'
            WHEN c.result IS NULL THEN 'no_result'
            ELSE 'compared' END AS status,
       -- PostgreSQL's sums of sums are no integers.
       CAST(c.plans AS INTEGER) AS plans, CAST(c.plans_sent AS INTEGER) AS plans_sent, COALESCE(z.units, 1) AS units,
       CAST(c.reported AS INTEGER) AS reported, CAST(c.expected AS INTEGER) AS expected, d.plan_number, d.plan_date,
       CASE WHEN k.is_total THEN 1 ELSE 0 END AS is_total, CASE WHEN k.is_units THEN 1 ELSE 0 END AS is_units,
       CAST(c.doubtful AS INTEGER) AS doubtful, CASE WHEN c.doubtful > 0 THEN 1 ELSE 0 END AS is_flagged, c.is_synthetic, c.loaded_at,
       (SELECT MAX(as_of) FROM runs) AS data_as_of
FROM compared c
JOIN now_plan_pairs k ON k.result_form = c.result_form AND k.result_element = c.result_element
LEFT JOIN sizes z ON z.upper_code = c.unit_code AND z.basis = c.basis AND z.year = c.year
LEFT JOIN documents d ON d.unit_code = c.unit_code AND d.form_code = k.plan_form AND d.year = c.year AND c.basis = 'reported'
LEFT JOIN names n ON n.code = c.item AND n.year = c.year
WHERE c.plan IS NOT NULL OR c.result IS NOT NULL
   OR (c.plans_sent > 0 AND k.is_total AND k.plan_form <> c.result_form)
