-- Money of the country and of each province. A province's own sum of its units stands for it.
SELECT d.* REPLACE (CASE d.basis WHEN 'sum_of_provinces' THEN d.basis ELSE 'reported' END AS basis)
FROM mart_disbursement d
ORDER BY d.period, d.stage, d.unit_code, d.basis, d.project_code, d.source
