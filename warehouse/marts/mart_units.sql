-- The units of the pack, for names. Several units had the same code, but never two on one day.
CREATE VIEW mart_units AS
SELECT code AS unit_code, name AS unit_name, kind, parent_code, valid_from, valid_to, source
FROM now_units
