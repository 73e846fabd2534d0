"""`mtqg rules`: list the rules, compare two rule sets, and propose bounds from past reports."""
