-- What each report that is believed says of training: no mart, what mart_training stands on.
CREATE VIEW trainings AS
SELECT b.submission_id, b.unit_code, b.period, b.stage,
       MAX(CASE f.element WHEN 'classes_total' THEN f.value END) AS classes,
       MAX(CASE f.element WHEN 'participants_total' THEN f.value END) AS participants,
       MAX(CASE f.element WHEN 'women_total' THEN f.value END) AS women,
       MAX(CASE f.element WHEN 'ethnic_minority_total' THEN f.value END) AS ethnic_minority,
       MAX(CASE f.element WHEN 'budget_spent_vnd_total' THEN f.value END) AS spent_vnd,
       MAX(CASE WHEN b.is_synthetic THEN 1 ELSE 0 END) AS is_synthetic, b.loaded_at
FROM believed b
JOIN facts f ON f.submission_id = b.submission_id AND f.line = 0 AND f.element IN (
    'classes_total', 'participants_total', 'women_total', 'ethnic_minority_total', 'budget_spent_vnd_total')
WHERE b.form_code = 'training'
GROUP BY b.submission_id, b.unit_code, b.period, b.stage, b.loaded_at
