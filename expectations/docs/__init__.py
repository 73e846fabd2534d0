"""Rule pages and their examples, checked by the real rules. Off the run's path."""
