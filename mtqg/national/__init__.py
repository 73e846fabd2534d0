"""`mtqg national`: the country's figures from the partitions of all provinces."""
