"""`mtqg check`: the verdict on files, without a change to archive or warehouse.

`files` finds them, `file_checker` reads and checks them as a run does, `report` and `as_json`
print, `marking` writes marked copies. `phrases` has the words in both languages.
"""
