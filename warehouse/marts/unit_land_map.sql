-- Which unit lies on the land of which other unit, and on which days. No mart: roll-ups use it.
--   upper_last_day   the upper unit's last day; after it, its code stands for its old land only
--   is_shared        the unit has land of another upper unit too. No weights are known, so it is in
--                    no sum
-- A province that took the name and land of others is larger than this table knows (Cần Thơ: 103
-- communes, 43 here). Its communes are summed up to the old province, never to the new one.
CREATE VIEW unit_land_map AS
SELECT up.code AS upper_code, up.kind AS upper_kind, up.valid_to AS upper_last_day, u.code AS unit_code, u.kind,
       u.valid_from AS first_day, u.valid_to AS last_day, false AS is_shared
FROM now_units u
JOIN now_units up ON up.code = u.parent_code AND up.valid_from <= u.valid_to AND up.valid_to >= u.valid_from
WHERE up.kind = 'district'
   OR NOT EXISTS (
       SELECT 1 FROM now_territories t JOIN now_units old ON old.code = t.unit_code AND old.kind = 'province'
       WHERE t.later_code = u.code
   )
UNION ALL
SELECT old.code, old.kind, old.valid_to, u.code, u.kind, u.valid_from, u.valid_to, t.is_shared
FROM now_territories t
JOIN now_units old ON old.code = t.unit_code
-- Codes were reused: the later unit is the one with this code after the end of the old one.
JOIN now_units u ON u.code = t.later_code AND u.kind = 'commune' AND u.valid_to > old.valid_to
