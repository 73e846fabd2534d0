"""From a failing row to a finding: its cell, its sentence, and whether it is reported at all.

`message` fills the sentence, `cells` finds the cell in the sender's workbook, `suppress_cascades`
leaves out what only follows from another failure, `waivers` marks what a named person accepted.
Begin with `message.finding_of_row`.
"""
