"""How the program uses the machine: whole files or none, who may read them, and costly imports.

Nothing here knows a report. Processes that can be killed are in `program.killable`.
"""
