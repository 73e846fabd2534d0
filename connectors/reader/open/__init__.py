"""Open bytes as sheets: which kind of file it is, how large it is, what each cell shows.

Begin with `workbook.open_workbook`. calamine reads the values; the other modules read what it
leaves out (hidden rows, number formats, fonts, errors) and refuse what is too large before it is
laid out. Only `template_totals` knows a form: our own template.
"""
