-- The figure that each province gives for an indicator, period and stage: its own report, else the
-- sum of its units. A ratio can be put together only as a weighted sum, so of a ratio the sum of
-- the units comes first.
--   is_in_sum   the figure is a part of the country's sum
-- Where none of the units has reported, `actual` is null: `expected` and `units` still count.
CREATE TABLE province_figures AS
WITH known AS (
    SELECT f.indicator_code, f.province, f.period, f.period_kind, f.period_end, f.ends_at, f.stage,
           'reported' AS basis, f.numerator, f.denominator, f.actual, 1 AS reported, 1 AS expected,
           NULL::BIGINT AS units, true AS is_enough, f.is_flagged::BIGINT AS doubtful, f.is_synthetic, f.loaded_at
    FROM detail.mart_figures f
    WHERE f.unit_code = f.province AND f.actual IS NOT NULL
    UNION ALL BY NAME
    SELECT r.indicator_code, r.province, r.period, r.period_kind, r.period_end, r.ends_at, r.stage,
           r.basis, r.numerator, r.denominator, r.actual, r.reported, r.expected,
           r.units, r.is_enough, r.doubtful, r.is_synthetic, r.loaded_at
    FROM detail.mart_rollups r
    WHERE r.unit_code = r.province
)
SELECT k.*, k.actual IS NOT NULL AND i.kind <> 'yes_no' AND (i.kind <> 'ratio' OR k.basis <> 'reported') AS is_in_sum
FROM known k
JOIN now_indicators i ON i.code = k.indicator_code
JOIN now_units u ON u.code = k.province AND u.kind = 'province' AND k.period_end BETWEEN u.valid_from AND u.valid_to
ANTI JOIN differences x ON x.province = k.province AND x.indicator_code = k.indicator_code
QUALIFY ROW_NUMBER() OVER (
    PARTITION BY k.indicator_code, k.province, k.period, k.stage
    ORDER BY CASE WHEN (k.basis = 'reported') = (i.kind <> 'ratio') THEN 0 ELSE 1 END,
             k.is_enough DESC, k.reported DESC, k.basis
) = 1
ORDER BY ALL
