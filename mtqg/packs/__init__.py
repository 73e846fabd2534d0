"""`mtqg pack`: check a pack, and write the skeleton of another province's pack.

`pack` has the commands. `report` prints what is wrong or open in a pack (`program.pack` finds it),
`corrections` whether its waivers still match, `tool_questions` whether its form tools still ask the
same. `draft` and `skeleton` write a new pack: units from a public register, and what
`national_parts` takes over from the sample; `edit_yaml` keeps its comments.
"""
