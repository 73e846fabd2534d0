"""Finding a form, its tables, its unit and its period on sheets."""
