"""Every kind of mail with sample data, for the office to review before any goes out. Nothing here is sent or real."""
