-- The projects and sub-projects, for names.
CREATE VIEW mart_projects AS
SELECT code AS project_code, name AS project_name, parent_code, tag, source
FROM now_projects
