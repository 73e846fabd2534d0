"""A pack: one province's program, declared in `config/<pack>/`, loaded and validated."""
