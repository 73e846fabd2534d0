"""Rebuild, replay log, purge, and the heartbeat check."""
