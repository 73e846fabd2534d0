"""The questions that commands, pages and mails ask. Nothing here writes."""
