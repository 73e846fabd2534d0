"""The same files by other schools. Each does less than a run: its docstring says what."""
