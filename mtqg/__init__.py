"""The command `mtqg`: one file a sub-command; `cli` puts them together. No work of its own is done here."""
