"""Forms of the province's own: workbooks and documents whose places are filled with figures.

`figures` parses what a place asks for and finds the figure with its cells; `xlsx_form` and
`docx_form` fill one kind of file each; `annex` lists where each figure is from.
"""
