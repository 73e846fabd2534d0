"""`mtqg rules`: what the rules are, what a change to them would do, and what the past suggests."""
