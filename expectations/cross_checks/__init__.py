"""Rules across submissions: two reports, each right in itself, that must agree."""
