-- Each figure of a current report that is in doubt, once for each reason. No mart: mart_doubts and
-- the views of figures use it. Notes (info) are no doubt.
CREATE VIEW doubtful_facts AS
SELECT f.submission_id, f.element, f.line, f.sheet, f.cell, f.value, f.qualifier,
       CASE WHEN g.cross_check_found_at IS NULL THEN 'finding' ELSE 'cross_check' END AS reason, g.rule, g.message
FROM findings g
JOIN facts f ON f.submission_id = g.submission_id AND f.sheet = g.sheet
    -- A list's summary has a range of cells; a finding about it points to the first of them.
    AND (f.cell = g.cell OR SUBSTR(f.cell, 1, LENGTH(g.cell) + 1) = g.cell || ':')
WHERE g.severity <> 'info' AND g.closed_at IS NULL
UNION ALL
SELECT f.submission_id, f.element, f.line, f.sheet, f.cell, f.value, f.qualifier, 'qualifier', NULL, NULL
FROM facts f
WHERE f.qualifier IS NOT NULL
