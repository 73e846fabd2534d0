-- How many of the reports that were due came, came in time and are accepted, per unit and form: the
-- reporting rates of DHIS2, and the share that counts. For a larger group, add up the counts and
-- divide again.
CREATE VIEW mart_punctuality AS
SELECT r.form_code, r.unit_code, COUNT(*) AS due, SUM(CASE WHEN r.versions > 0 THEN 1 ELSE 0 END) AS received,
       SUM(r.is_current) AS accepted, SUM(r.is_timely) AS timely,
       100.0 * CAST(SUM(CASE WHEN r.versions > 0 THEN 1 ELSE 0 END) AS DOUBLE PRECISION) / COUNT(*) AS reporting_rate,
       100.0 * CAST(SUM(r.is_timely) AS DOUBLE PRECISION) / COUNT(*) AS reporting_rate_on_time,
       100.0 * CAST(SUM(r.is_current) AS DOUBLE PRECISION) / COUNT(*) AS accepted_rate,
       SUM(CASE WHEN r.versions > 0 THEN r.days_late ELSE 0 END) AS days_late_of_received, MAX(r.days_late) AS most_days_late,
       r.data_as_of
FROM mart_reporting r
WHERE r.is_due = 1
GROUP BY r.form_code, r.unit_code, r.data_as_of
