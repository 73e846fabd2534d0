-- Figures of periods after a district ended, on its old land, from the communes that now report: so its series goes on.
--   numerator, denominator, actual   summed over the communes that lie wholly in the district and have reported
--   reported, whole   how many of those communes there are in the sum, and in all: the figure is complete where both agree
--   shared            communes that also took land of another district: they are in no sum, since no weight is known
-- Shares and ratios are quotients of sums, never averages; a yes/no figure has none.
CREATE VIEW mart_territories AS
WITH land AS (
    SELECT unit_code, SUM(CASE WHEN is_shared THEN 0 ELSE 1 END) AS whole, SUM(CASE WHEN is_shared THEN 1 ELSE 0 END) AS shared
    FROM territories
    GROUP BY unit_code
)
SELECT f.indicator_code, i.name AS indicator_name, i.unit, t.unit_code, f.period,
       SUM(f.numerator) AS numerator, SUM(f.denominator) AS denominator,
       CASE i.kind WHEN 'share' THEN 100.0 * SUM(f.numerator) / NULLIF(SUM(f.denominator), 0)
                   WHEN 'ratio' THEN SUM(f.numerator) / NULLIF(SUM(f.denominator), 0)
                   ELSE SUM(f.numerator) END AS actual,
       COUNT(*) AS reported, l.whole, l.shared,
       MAX(CASE WHEN f.is_synthetic THEN 1 ELSE 0 END) AS is_synthetic
FROM territories t
JOIN land l ON l.unit_code = t.unit_code
JOIN units u ON u.code = t.later_code AND u.kind = 'commune'
JOIN units old ON old.code = t.unit_code AND u.valid_from > old.valid_to
JOIN mart_figures f ON f.unit_code = t.later_code AND f.is_current = 1
JOIN indicators i ON i.code = f.indicator_code AND i.kind <> 'yes_no'
WHERE NOT t.is_shared
GROUP BY f.indicator_code, i.name, i.unit, i.kind, t.unit_code, f.period, l.whole, l.shared
