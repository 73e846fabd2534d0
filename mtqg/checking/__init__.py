"""`mtqg check`: the verdict on files, without a change to archive or warehouse."""
