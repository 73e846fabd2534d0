"""`mtqg check`: which files, the verdict on each, and how it is told, in Vietnamese, English or JSON."""
