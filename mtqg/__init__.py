"""The command `mtqg`: a module for each sub-command. `commands` lists them."""
