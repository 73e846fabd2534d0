"""`mtqg pack`: check a pack, and write the skeleton of another province's pack.

`report` prints what is wrong or open in a pack (`program.pack` finds it); `draft` and `skeleton`
write a new one, with units from a public register.
"""
