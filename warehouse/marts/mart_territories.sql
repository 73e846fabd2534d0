-- Figures of periods after a district ended, on its old land, from the communes that now report: so its series goes on.
--   numerator, denominator, actual   summed over the communes that lie wholly in the district and have reported
--   stage             estimates are summed with estimates only, final figures with final ones
--   reported, whole   how many of those communes there are in the sum, and in all: the figure is complete where both agree
--   shared            communes that also took land of another district: they are in no sum, since no weight is known
-- Shares are quotients of sums, never averages. A ratio (income per head) and a yes/no figure cannot be added up.
CREATE VIEW mart_territories AS
WITH land AS (
    SELECT unit_code, SUM(CASE WHEN is_shared THEN 0 ELSE 1 END) AS whole, SUM(CASE WHEN is_shared THEN 1 ELSE 0 END) AS shared
    FROM territories
    GROUP BY unit_code
)
SELECT f.indicator_code, i.name AS indicator_name, i.unit, t.unit_code, f.period, f.stage,
       SUM(f.numerator) AS numerator, SUM(f.denominator) AS denominator,
       CASE i.kind WHEN 'share' THEN 100.0 * SUM(f.numerator) / NULLIF(SUM(f.denominator), 0) ELSE SUM(f.numerator) END AS actual,
       COUNT(*) AS reported, l.whole, l.shared,
       MAX(CASE WHEN f.is_synthetic THEN 1 ELSE 0 END) AS is_synthetic
FROM territories t
JOIN land l ON l.unit_code = t.unit_code
JOIN units old ON old.code = t.unit_code AND old.kind = 'district'
JOIN mart_figures f ON f.unit_code = t.later_code AND f.period_end > old.valid_to
-- Codes were reused: the later unit must be the one that bore the code in the figure's own period.
JOIN units u ON u.code = f.unit_code AND u.kind = 'commune' AND f.period_end BETWEEN u.valid_from AND u.valid_to
JOIN indicators i ON i.code = f.indicator_code AND i.kind NOT IN ('yes_no', 'ratio')
WHERE NOT t.is_shared
GROUP BY f.indicator_code, i.name, i.unit, i.kind, t.unit_code, f.period, f.stage, l.whole, l.shared
