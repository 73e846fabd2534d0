"""The vocabulary of all other packages: what a program, a form, a submission and a finding are.

The package reads a pack's files and the settings; `killable` runs processes. It has no other input
or output. pandas appears only in functions that build frames, with the columns that
`program.parsed_report` declares.
"""
