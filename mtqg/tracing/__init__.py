"""What `mtqg trace` asks and answers: what was meant, a figure or a sum, and how it is printed."""
