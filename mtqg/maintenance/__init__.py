"""`mtqg backup`, `restore`, `rebuild` and `purge`: the maintenance of warehouse and archive."""
