"""`mtqg backup` and `mtqg restore`: warehouse and archive in one file, and back."""
