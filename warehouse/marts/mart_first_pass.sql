-- How each report came right: one row per form, unit, period and stage of which something came.
--   versions        how many files came of it
--   is_first_pass   1 where the first of them was accepted, with warnings or without
--   is_accepted     1 where one of them was
--   first_at        when the first came; accepted_at: when the first that was accepted came, null where none was
CREATE VIEW mart_first_pass AS
SELECT s.form_code, s.unit_code, s.period, s.stage, COUNT(*) AS versions,
       MAX(CASE WHEN s.version = 1 AND s.verdict IN ('accepted', 'accepted_with_warnings') THEN 1 ELSE 0 END) AS is_first_pass,
       MAX(CASE WHEN s.verdict IN ('accepted', 'accepted_with_warnings') THEN 1 ELSE 0 END) AS is_accepted,
       MIN(d.received_at) AS first_at,
       MIN(CASE WHEN s.verdict IN ('accepted', 'accepted_with_warnings') THEN d.received_at END) AS accepted_at,
       MAX(CASE WHEN d.is_synthetic THEN 1 ELSE 0 END) AS is_synthetic
FROM submissions s
JOIN deliveries d ON d.id = s.delivery_id
WHERE s.version IS NOT NULL
GROUP BY s.form_code, s.unit_code, s.period, s.stage
