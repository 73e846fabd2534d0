"""The same files by other schools: what a run is compared with. Each does less than ours: its docstring says what."""
