"""`mtqg mail`: sending what waits, and looking at what would be sent."""
