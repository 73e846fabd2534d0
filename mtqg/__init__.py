"""The command `mtqg`: one file a sub-command; `commands` lists them. No work of its own is done here."""
