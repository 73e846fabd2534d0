"""The outbox: what is queued, the letters, reminders and follow-ups, and what is obsolete."""
