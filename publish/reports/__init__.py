"""Reports of the office as workbooks: consolidated tables, disbursement, whom to call.

Begin with `office_reports` (which workbooks there are). A report is a `table.ReportTable` first, as
data; `workbook` writes it. The sheets of the site's pages are such tables too.
"""
