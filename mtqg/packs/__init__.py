"""`mtqg pack`: check a pack, and write the skeleton of another province's pack."""
