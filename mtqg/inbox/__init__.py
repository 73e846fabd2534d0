"""`mtqg inbox`: what waits for the office, and its decisions."""
