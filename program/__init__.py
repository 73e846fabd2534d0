"""The vocabulary of all other packages: what a program, a form, a submission and a finding are.

Begin with `submission`, `finding` and `parsed_report`, then `pack.pack`. `forms`, `units` and
`calendar` are what a pack declares; `records` are the values that cross between packages;
`settings` is everything that differs between machines; `errors` is the tree of all errors. The
package reads a pack's files and the settings; `machine` writes files, `killable` runs processes. It
has no other input or output. pandas appears only in functions that build frames, with the columns
that `parsed_report` declares. May import: nothing of ours.
"""
