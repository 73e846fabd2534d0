"""Running rules: frames, Great Expectations suites, and what happens when a batch fails."""
