"""Dump, swap, comparison of two warehouses, replay log and retention."""
