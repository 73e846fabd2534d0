"""Is it right? The rules, as data, and the only caller of Great Expectations."""
