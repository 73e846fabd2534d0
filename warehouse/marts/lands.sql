-- Which unit lies on the land of which other, and on which days: no mart, what roll-ups stand on.
--   upper_last_day   after it the upper unit is only a name for its old land
--   is_shared        the unit took land of another upper one too: it is in no sum, since no weight is known
-- A province that took another's name and land holds more than this table knows (Cần Thơ: 103 communes, 43 here), so its
-- communes are summed to the province that was, never to it.
CREATE VIEW lands AS
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
-- Codes were reused: the later unit is the one that bore the code after the old one's end.
JOIN now_units u ON u.code = t.later_code AND u.kind = 'commune' AND u.valid_to > old.valid_to
