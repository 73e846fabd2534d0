"""`mtqg template`: write one blank workbook, or all workbooks of a period."""
