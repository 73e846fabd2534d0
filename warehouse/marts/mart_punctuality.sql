-- Completeness and timeliness of the reports that were due, per unit and form. For a larger group,
-- add up the counts and divide again.
CREATE VIEW mart_punctuality AS
SELECT r.form_code, r.unit_code, COUNT(*) AS due, SUM(CASE WHEN r.versions > 0 THEN 1 ELSE 0 END) AS received,
       SUM(r.is_current) AS accepted, SUM(r.is_timely) AS timely,
       100.0 * CAST(SUM(r.is_current) AS DOUBLE PRECISION) / COUNT(*) AS completeness,
       100.0 * CAST(SUM(r.is_timely) AS DOUBLE PRECISION) / COUNT(*) AS timeliness,
       SUM(CASE WHEN r.versions > 0 THEN r.days_late ELSE 0 END) AS days_late_of_received, MAX(r.days_late) AS most_days_late,
       r.data_as_of
FROM mart_reporting r
WHERE r.is_due = 1
GROUP BY r.form_code, r.unit_code, r.data_as_of
