-- Every period of which something came, once. No mart: roll-ups use it. Each step of the recursion
-- is one search in the index by period. DISTINCT would read every submission; so would EXISTS, for
-- each period of the century of which nothing came.
CREATE VIEW reported_periods AS
WITH RECURSIVE reported(period) AS (
    SELECT MIN(s.period) FROM submissions s
    UNION ALL
    SELECT (SELECT MIN(s.period) FROM submissions s WHERE s.period > r.period) FROM reported r WHERE r.period IS NOT NULL
)
SELECT r.period FROM reported r WHERE r.period IS NOT NULL
