-- The marts of a province that cannot be used.
SELECT p.* FROM problems p ORDER BY ALL
