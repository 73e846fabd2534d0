"""`mtqg template`: one workbook, or all of a period."""
