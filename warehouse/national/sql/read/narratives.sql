-- How many reports of each province's units tell something in words, the newest period first.
SELECT n.*, p.site FROM mart_narratives n JOIN provinces p ON p.code = n.unit_code
ORDER BY n.period_end DESC, n.period, n.stage, n.form_code, n.unit_code, n.part
