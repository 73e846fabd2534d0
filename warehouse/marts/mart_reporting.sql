-- Who has reported what: one row per report that is due or was sent, per unit, form, period and
-- stage.
CREATE VIEW mart_reporting AS
WITH latest AS (
    SELECT s.*, d.received_at, d.name AS delivery_name, d.is_synthetic,
           ROW_NUMBER() OVER w AS recency,
           COUNT(*) OVER (PARTITION BY s.form_code, s.unit_code, s.period, s.stage) AS versions,
           FIRST_VALUE(s.verdict) OVER (
               PARTITION BY s.form_code, s.unit_code, s.period, s.stage
               ORDER BY d.received_at DESC, d.id DESC, s.attempt DESC, s.report_no DESC
           ) AS last_verdict
    FROM submissions s
    JOIN deliveries d ON d.id = s.delivery_id AND d.withdrawn_at IS NULL
    WHERE s.form_code IS NOT NULL AND s.unit_code IS NOT NULL AND s.period IS NOT NULL
    WINDOW w AS (
        PARTITION BY s.form_code, s.unit_code, s.period, s.stage
        ORDER BY CASE WHEN s.known_from IS NOT NULL AND s.known_to IS NULL THEN 0 ELSE 1 END, s.version DESC
    )
),
reported AS (SELECT * FROM latest WHERE recency = 1),
expected_reports AS (
    SELECT form_code, unit_code, period, stage FROM now_obligations
    UNION
    SELECT form_code, unit_code, period, stage FROM reported
),
newest_run AS (SELECT MAX(as_of) AS data_as_of FROM runs)
SELECT a.form_code, a.unit_code, a.period, a.stage, o.due_date, r.verdict, r.version, COALESCE(r.versions, 0) AS versions,
       CASE WHEN r.last_verdict IN ('quarantined', 'unreadable') THEN 1 ELSE 0 END AS is_open,
       r.id AS submission_id, r.received_at, r.loaded_at, r.delivery_name, COALESCE(r.is_synthetic, false) AS is_synthetic,
       f.first_at, f.accepted_at,
       -- On its due date a report is not late yet: a rate would fall each morning of a deadline.
       CASE WHEN o.due_date < n.data_as_of THEN 1 WHEN o.due_date >= n.data_as_of THEN 0 END AS is_due,
       CASE WHEN o.due_date IS NULL THEN NULL
            WHEN f.first_at IS NULL AND n.data_as_of > o.due_date THEN @days(n.data_as_of, o.due_date)
            WHEN @vietnam_day(f.first_at) > o.due_date THEN @days(@vietnam_day(f.first_at), o.due_date)
            ELSE 0 END AS days_late,
       CASE WHEN r.known_from IS NOT NULL AND r.known_to IS NULL THEN 1 ELSE 0 END AS is_current,
       CASE WHEN o.due_date IS NULL THEN NULL
            WHEN f.first_at IS NOT NULL AND @vietnam_day(f.first_at) <= o.due_date THEN 1 ELSE 0 END AS is_timely,
       n.data_as_of
FROM expected_reports a
CROSS JOIN newest_run n
LEFT JOIN now_obligations o ON o.form_code = a.form_code AND o.unit_code = a.unit_code AND o.period = a.period
    AND o.stage = a.stage
LEFT JOIN reported r ON r.form_code = a.form_code AND r.unit_code = a.unit_code AND r.period = a.period
    AND r.stage = a.stage
LEFT JOIN mart_first_submission f ON f.form_code = a.form_code AND f.unit_code = a.unit_code AND f.period = a.period
    AND f.stage = a.stage
