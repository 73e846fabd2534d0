"""What a province sends to the country, and the country's own pages."""
