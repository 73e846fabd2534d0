-- Every period of which something came, each once: no mart, what roll-ups stand on. Each step is one look into the index by
-- period; DISTINCT would read every submission, and so would EXISTS for each period of a century of which nothing came.
CREATE VIEW reported_periods AS
WITH RECURSIVE reported(period) AS (
    SELECT MIN(s.period) FROM submissions s
    UNION ALL
    SELECT (SELECT MIN(s.period) FROM submissions s WHERE s.period > r.period) FROM reported r WHERE r.period IS NOT NULL
)
SELECT r.period FROM reported r WHERE r.period IS NOT NULL
