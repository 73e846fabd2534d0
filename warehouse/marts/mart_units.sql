-- The units that the pack knows, for names. A code was borne by several units, never by two on one day.
CREATE VIEW mart_units AS
SELECT code AS unit_code, name AS unit_name, kind, parent_code, valid_from, valid_to, source
FROM now_units
