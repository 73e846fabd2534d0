-- What a province defines otherwise than the country: of an indicator, or of a planned figure.
SELECT d.*, COALESCE(i.name, concat_ws(': ', NULLIF(k.item_name, ''), k.figure_name)) AS name
FROM differences d
LEFT JOIN now_indicators i ON i.code = d.indicator_code
LEFT JOIN now_plan_pairs k ON d.plan_figure = concat_ws('/', k.result_form, k.table_name, k.item, k.figure)
ORDER BY ALL
