"""The command `mtqg`: a module for each sub-command. `cli` is the entry; all work is elsewhere."""
