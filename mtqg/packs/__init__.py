"""`mtqg pack`: whether a pack is valid and what it leaves open; the skeleton of another province's."""
