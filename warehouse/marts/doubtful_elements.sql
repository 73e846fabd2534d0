-- The elements of each report that are in doubt: a doubtful figure, and every total and summary of
-- the report that it is part of. No mart: mart_figures and mart_rollups use it.
CREATE VIEW doubtful_elements AS
SELECT d.submission_id, d.element
FROM doubtful_facts d
UNION ALL
SELECT d.submission_id, p.element
FROM doubtful_facts d
JOIN submissions s ON s.id = d.submission_id
JOIN now_element_parts p ON p.form_code = s.form_code AND p.part = d.element
