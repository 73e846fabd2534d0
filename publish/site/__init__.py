"""The site: the first page, the quality page, and the summary of targets."""
