-- Each province and what became of its partition.
SELECT p.* FROM provinces p ORDER BY p.code
