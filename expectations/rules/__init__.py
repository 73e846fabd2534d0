"""Rules as data: the YAML of `suites/`, validated, with its texts in Vietnamese and English."""
