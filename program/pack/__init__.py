"""A pack: one province's program, declared in `config/<pack>/`, loaded and validated.

`load.load_pack` reads the folder to a `pack.Pack`, which everything else is handed. A module for
each file of the folder: `catalogue`, `contact`, `source`, `waiver` … `validate` says what is wrong
with a pack as a whole, `completeness` what it leaves open. Where provinces differ, the pack does.
"""
