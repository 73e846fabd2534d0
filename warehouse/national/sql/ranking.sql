-- The place of each province among those with a figure of enough units, 1 the best by the direction
-- of the indicator; equal figures have one place. An amount grows with the size of a province.
CREATE TABLE ranking AS
SELECT p.indicator_code, p.period, p.unit_code, p.actual,
       RANK() OVER (PARTITION BY p.indicator_code, p.period
                    ORDER BY CASE i.direction WHEN 'up' THEN -p.actual ELSE p.actual END) AS place,
       COUNT(*) OVER (PARTITION BY p.indicator_code, p.period) AS provinces,
       i.kind IN ('count', 'money') AS is_amount
FROM mart_progress p
JOIN now_indicators i ON i.code = p.indicator_code
WHERE p.is_chosen AND p.is_enough AND i.kind <> 'yes_no'
ORDER BY ALL
